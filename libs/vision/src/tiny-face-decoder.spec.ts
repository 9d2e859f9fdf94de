import { describe, expect, it } from 'vitest';
import { annotationSvg } from './annotation.js';
import { correctBox } from './box.js';
import { letterbox } from './letterbox.js';
import { pixels } from './pixels.js';
import { decodeTinyFace } from './tiny-face-decoder.js';

describe('decodeTinyFace', () => {
  const cells = 4;
  const grid = new Float32Array(25 * cells).fill(-20);
  // Anchor 2 of the cell in row 1, column 0 of a 2×2 grid: centre in the middle of the cell, size of the anchor, sure.
  const base = 2 * 5 * cells;
  for (const value of [0, 1, 2, 3]) grid[base + value * cells + 2] = 0;
  grid[base + 4 * cells + 2] = 20;

  it('finds the box its anchor and cell mean, in pixels of the input', () => {
    const [found, ...others] = decodeTinyFace(grid, 2, 2, 32, 0.5);
    expect(others).toEqual([]);
    expect(found.score).toBeCloseTo(1, 6);
    expect(found.box.width).toBeCloseTo(2.882459 * 32, 4);
    expect(found.box.height).toBeCloseTo(3.518061 * 32, 4);
    expect(found.box.x + found.box.width / 2).toBeCloseTo(16, 4);
    expect(found.box.y + found.box.height / 2).toBeCloseTo(48, 4);
  });

  it('ignores scores up to the threshold, and refuses a grid of another size', () => {
    expect(decodeTinyFace(grid, 2, 2, 32, 1)).toEqual([]);
    expect(() => decodeTinyFace(grid, 2, 3, 32, 0.5)).toThrow('a 2×3 grid holds 150 values, got 100');
  });
});

it('correctBox moves and scales about the centre', () => {
  const box = correctBox(
    { x: 10, y: 20, width: 100, height: 50 },
    { shiftX: 0.1, shiftY: -0.2, scaleWidth: 0.5, scaleHeight: 2 },
  );
  expect(box).toEqual({ x: 45, y: -15, width: 50, height: 100 });
});

it('letterbox keeps proportions, fills with black, and tells the way back', () => {
  const { image, scaleX, scaleY } = letterbox(pixels(4, 2, 1, new Uint8Array(8).fill(200)), 6, 6);
  expect([...image.data.subarray(0, 18)]).toEqual(Array(18).fill(200));
  expect([...image.data.subarray(18)]).toEqual(Array(18).fill(0));
  expect([scaleX, scaleY]).toEqual([4 / 6, 2 / 3]);
});

it('annotations stay inside the picture', () => {
  const lettering = { width: () => 80, path: (_text: string, x: number, y: number) => `M${x} ${y}` };
  const svg = annotationSvg(
    100,
    100,
    [{ box: { x: 90, y: 2, width: 10, height: 10 }, text: 'happy', colour: '#fff' }],
    lettering,
  );
  const label = /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*fill="#fff"/.exec(svg);
  expect(Number(label?.[1]) + Number(label?.[3])).toBeLessThanOrEqual(100);
  expect(Number(label?.[2])).toBeGreaterThanOrEqual(0);
});
