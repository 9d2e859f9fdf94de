import { describe, expect, it } from 'vitest';
import { colourHeatMap, overlayHeatMap, resizeHeatMap } from './heat-map.js';
import { pixels } from './pixels.js';
import { viridis } from './viridis.js';

describe('viridis', () => {
  // Rows 0, 64, 128, 192 and 255 of matplotlib's table.
  it.each([
    [0, [68, 1, 84]],
    [64, [59, 82, 139]],
    [128, [33, 145, 140]],
    [192, [94, 201, 98]],
    [255, [253, 231, 37]],
  ])('is within 4 of the published colour of %i/255', (row, published) => {
    for (const [i, value] of viridis(row / 255).entries())
      expect(Math.abs(value - published[i])).toBeLessThanOrEqual(4);
  });

  it('gives the nearer end beyond 0 and 1', () => {
    expect(viridis(-3)).toEqual(viridis(0));
    expect(viridis(1.5)).toEqual(viridis(1));
  });
});

describe('resizeHeatMap', () => {
  it('gives what PyTorch gives without aligned corners', () => {
    // interpolate(tensor([[[[0, 4], [8, 12]]]]), size=(4, 4), mode='bilinear', align_corners=False)
    expect([...resized([0, 4, 8, 12], 2, 2, 4, 4)]).toEqual([0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12]);
    // The same of [[[[0, 3, 9]]]] to (1, 2).
    expect([...resized([0, 3, 9], 3, 1, 2, 1)]).toEqual([0.75, 7.5]);
  });

  it('spreads a single value over everything', () => {
    expect([...resized([5], 1, 1, 3, 2)]).toEqual(Array(6).fill(5));
  });

  it('refuses values that do not fit', () => {
    expect(() => resized([1, 2, 3], 2, 2, 4, 4)).toThrow('a heat map of 2×2 has 4 values, got 3');
    expect(() => resized([], 0, 0, 4, 4)).toThrow('whole numbers from 1, got 0');
  });
});

describe('colourHeatMap', () => {
  it('shows the largest value brightest, 0 and less darkest', () => {
    const { data } = colourHeatMap({ width: 4, height: 1, values: Float32Array.of(-2, 0, 0.25, 0.5) }, 4, 1);
    expect([...data]).toEqual([...viridis(0), ...viridis(0), ...viridis(0.5), ...viridis(1)]);
  });

  it('is all dark where nothing is above 0', () => {
    const { data } = colourHeatMap({ width: 2, height: 1, values: Float32Array.of(0, -1) }, 2, 1);
    expect([...data]).toEqual([...viridis(0), ...viridis(0)]);
  });
});

describe('overlayHeatMap', () => {
  const map = { width: 1, height: 1, values: Float32Array.of(1) };
  const [red, green, blue] = viridis(1);

  it('mixes colours and image by the opacity', () => {
    const image = pixels(1, 1, 3, Uint8Array.from([10, 20, 30]));
    expect([...overlayHeatMap(image, map, 0.25).data]).toEqual([
      Math.round(red / 4 + 7.5),
      Math.round(green / 4 + 15),
      Math.round(blue / 4 + 22.5),
    ]);
    expect(overlayHeatMap(image, map, 0)).toEqual(image);
  });

  it('makes a grey image a coloured one of its size', () => {
    const image = pixels(2, 1, 1, Uint8Array.from([0, 200]));
    expect(overlayHeatMap(image, map, 0)).toEqual(pixels(2, 1, 3, Uint8Array.from([0, 0, 0, 200, 200, 200])));
  });
});

function resized(values: number[], width: number, height: number, newWidth: number, newHeight: number) {
  return Array.from(resizeHeatMap({ width, height, values: Float32Array.from(values) }, newWidth, newHeight).values);
}
