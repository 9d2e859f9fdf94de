import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pixels } from './pixels.js';
import { crop, squareAround } from './square-crop.js';

describe('squareAround', () => {
  // Corners of boxes and of the squares that the published pipeline makes of them, floor division of negatives included.
  it.each([
    [
      [10, 20, 110, 140],
      [0, 19, 120, 140],
    ],
    [
      [-5, -9, 40, 51],
      [-11, -7, 45, 49],
    ],
    [
      [0, 0, 1, 1],
      [0, 0, 0, 0],
    ],
    [
      [100, 100, 163, 211],
      [83, 107, 178, 202],
    ],
    [
      [-30, 5, 12, 60],
      [-35, 5, 17, 58],
    ],
    [
      [7, 8, 7, 8],
      [7, 8, 7, 8],
    ],
    [
      [1900, 1000, 1999, 1100],
      [1895, 996, 2002, 1103],
    ],
  ])('squares %j to %j', ([left, top, right, bottom], square) => {
    const bounds = squareAround({ x: left, y: top, width: right - left, height: bottom - top }, 1.1);
    expect([bounds.left, bounds.top, bounds.right, bounds.bottom]).toEqual(square);
  });
});

describe('crop', () => {
  const image = pixels(4, 3, 1, Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));

  it('cuts bounds off at the borders', () => {
    expect(crop(image, { left: 2, top: -5, right: 9, bottom: 2 })).toEqual(
      pixels(2, 2, 1, Uint8Array.from([2, 3, 6, 7])),
    );
  });

  it('gives nothing for bounds outside the image, and never more than the image', () => {
    expect(crop(image, { left: 4, top: 0, right: 6, bottom: 2 })).toBeUndefined();
    const side = fc.integer({ min: -10, max: 10 });
    fc.assert(
      fc.property(side, side, side, side, (left, top, right, bottom) => {
        const cut = crop(image, { left, top, right, bottom });
        expect(cut?.width ?? 0).toBeLessThanOrEqual(4);
        expect(cut?.data.length ?? 0).toBe((cut?.width ?? 0) * (cut?.height ?? 0));
      }),
    );
  });
});
