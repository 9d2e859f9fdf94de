import { describe, expect, it } from 'vitest';
import { decodeYunet, YUNET_CHANNELS } from './yunet-decoder.js';

/** Outputs of a 32 × 16 input: grids of 2×4, 1×2 and 1×1 cells. */
function outputs(): Float32Array[] {
  return YUNET_CHANNELS.flatMap((channels) => [8, 2, 1].map((cells) => new Float32Array(cells * channels)));
}

/** Class and object score, box and landmarks of one cell of the grid `level`. */
function put(values: Float32Array[], level: number, cell: number, face: readonly (readonly number[])[]): void {
  for (const [kind, numbers] of face.entries()) values[kind * 3 + level].set(numbers, cell * numbers.length);
}

describe('decodeYunet', () => {
  const landmarks = [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1];

  it('reads score, box and landmarks of a cell in pixels of the input', () => {
    const values = outputs();
    // Row 1, column 2 of the grid with stride 8: its corner is at 16, 8.
    put(values, 0, 6, [[0.64], [1], [0.5, -0.25, Math.log(2), Math.log(3)], landmarks]);
    const [found, ...others] = decodeYunet(values, [8, 16, 32], 32, 16, 0.5);
    expect(others).toEqual([]);
    expect(found.score).toBeCloseTo(0.8, 6);
    // The centre is at 20, 6; the size is 16 × 24.
    expect(found.box.x).toBeCloseTo(12, 4);
    expect(found.box.y).toBeCloseTo(-6, 4);
    expect(found.box.width).toBeCloseTo(16, 4);
    expect(found.box.height).toBeCloseTo(24, 4);
    expect(found.landmarks).toEqual([
      { x: 16, y: 8 },
      { x: 24, y: 8 },
      { x: 20, y: 12 },
      { x: 16, y: 16 },
      { x: 24, y: 16 },
    ]);
  });

  it('reads every grid with its own stride', () => {
    const values = outputs();
    const face = [[1], [1], [0.5, 0.5, 0, 0], landmarks];
    put(values, 0, 0, face);
    put(values, 1, 1, face);
    put(values, 2, 0, face);
    expect(decodeYunet(values, [8, 16, 32], 32, 16, 0.5).map(({ box }) => box)).toEqual([
      { x: 0, y: 0, width: 8, height: 8 },
      { x: 16, y: 0, width: 16, height: 16 },
      { x: 0, y: 0, width: 32, height: 32 },
    ]);
  });

  it('keeps scores within [0, 1] and leaves out those up to the threshold', () => {
    const values = outputs();
    put(values, 1, 0, [[1.5], [0.81], [0, 0, 0, 0], landmarks]);
    put(values, 1, 1, [[-1], [-1], [0, 0, 0, 0], landmarks]);
    expect(decodeYunet(values, [8, 16, 32], 32, 16, 0.5).map(({ score }) => score)).toEqual([expect.closeTo(0.9, 6)]);
    expect(decodeYunet(values, [8, 16, 32], 32, 16, 0.91)).toEqual([]);
  });

  it('refuses outputs that do not fit the strides', () => {
    expect(() => decodeYunet(outputs().slice(1), [8, 16, 32], 32, 16, 0.5)).toThrow(
      'YuNet has 12 outputs for 3 strides, got 11',
    );
    expect(() => decodeYunet(outputs(), [8, 16, 32], 64, 16, 0.5)).toThrow(
      'a 2×8 grid of stride 8 holds 16 numbers, got 8',
    );
  });
});
