import { describe, expect, it } from 'vitest';
import { decodeUltraface } from './ultraface-decoder.js';

describe('decodeUltraface', () => {
  const scores = Float32Array.from([0.75, 0.25, 0.125, 0.875, 0.5, 0.5]);
  const boxes = Float32Array.from([0, 0, 1, 1, 0.25, 0.5, 0.5, 0.75, -0.125, 0, 0.5, 1.25]);

  it('turns corners in fractions into boxes in pixels of the input, beyond its borders too', () => {
    expect(decodeUltraface(scores, boxes, 320, 240, 0.25)).toEqual([
      { box: { x: 80, y: 120, width: 80, height: 60 }, score: 0.875, landmarks: [] },
      { box: { x: -40, y: 0, width: 200, height: 300 }, score: 0.5, landmarks: [] },
    ]);
  });

  it('leaves out scores up to the threshold', () => {
    expect(decodeUltraface(scores, boxes, 320, 240, 0.875)).toEqual([]);
  });

  it('refuses scores of another number of boxes', () => {
    expect(() => decodeUltraface(scores.subarray(2), boxes, 320, 240, 0.5)).toThrow('3 boxes have 6 scores, got 4');
  });
});
