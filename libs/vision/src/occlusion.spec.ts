import { describe, expect, it } from 'vitest';
import { occludedCopies, occlusionMap } from './occlusion.js';
import { pixels } from './pixels.js';

const EVERY = Array.from({ length: 49 }, (_, place) => place);

/** A copy's covered pixels as [left, top, right, bottom]; all of the image must be unlike the covering colour. */
function coveredBox(copy: Uint8Array, original: Uint8Array, width: number): number[] {
  const places = [...copy].flatMap((value, i) => (value === original[i] ? [] : [i]));
  const [xs, ys] = [places.map((i) => i % width), places.map((i) => Math.floor(i / width))];
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
  expect(places).toHaveLength((box[2] - box[0]) * (box[3] - box[1]));
  return box;
}

describe('occludedCopies', () => {
  const [width, height] = [56, 84];
  const image = pixels(
    width,
    height,
    1,
    Uint8Array.from({ length: width * height }, (_, i) => (i % 2 === 0 ? 0 : 200)),
  );
  const copies = occludedCopies(image, EVERY);
  const boxes = EVERY.map((place) =>
    coveredBox(copies.subarray(place * image.data.length, (place + 1) * image.data.length), image.data, width),
  );

  it('covers a quarter of width and height about the centre of each cell, cut off at the border', () => {
    expect(boxes[24]).toEqual([21, 32, 35, 53]);
    expect(boxes[0]).toEqual([0, 0, 11, 17]);
    expect(boxes[6]).toEqual([45, 0, 56, 17]);
    expect(boxes[48]).toEqual([45, 68, 56, 84]);
  });

  it('leaves no pixel that is never covered', () => {
    const seen = new Set<number>();
    for (const [left, top, right, bottom] of boxes)
      for (let y = top; y < bottom; y += 1) for (let x = left; x < right; x += 1) seen.add(y * width + x);
    expect(seen.size).toBe(width * height);
  });

  it('covers with the mean of each colour, in copies that are the image elsewhere', () => {
    const colours = pixels(2, 2, 3, Uint8Array.of(0, 10, 90, 0, 20, 90, 4, 30, 90, 4, 41, 90));
    const all = occludedCopies(colours, [3, 0], { positions: 2, patch: 1 / 2 });
    expect([...all.subarray(0, 12)]).toEqual([0, 10, 90, 0, 20, 90, 4, 30, 90, 2, 25, 90]);
    expect([...all.subarray(12)]).toEqual([2, 25, 90, 0, 20, 90, 4, 30, 90, 4, 41, 90]);
  });

  it('covers at least one pixel of a small image', () => {
    const dot = pixels(1, 1, 1, Uint8Array.of(7));
    expect(occludedCopies(dot, EVERY)).toEqual(new Uint8Array(49).fill(7));
  });
});

it('maps how much the probability falls, below 0 where it rises', () => {
  const { width, height, values } = occlusionMap(0.5, [0.25, 0.5, 0.75, 0], { positions: 2, patch: 1 / 2 });
  expect([width, height, ...values]).toEqual([2, 2, 0.25, 0, -0.25, 0.5]);
});
