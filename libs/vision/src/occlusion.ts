import type { HeatMap } from './heat-map.js';
import type { Pixels } from './pixels.js';
import type { Bounds } from './square-crop.js';

/** Where an image is covered, patch by patch. */
export interface OcclusionGrid {
  /** Patches from left to right, and from top to bottom. */
  readonly positions: number;
  /** Sides of a patch as a part of the image's, above 0 and at most 1. */
  readonly patch: number;
}

/** 49 patches of a quarter of the image's width and height, each overlapping its neighbours. */
export const OCCLUSION_GRID: OcclusionGrid = { positions: 7, patch: 1 / 4 };

/**
 * Copies of an image, each with one patch covered by the image's mean colour, row by row from the upper left (Zeiler and Fergus,
 * "Visualizing and Understanding Convolutional Networks", section 3.1). The image is parted into positions × positions cells; each
 * patch has the centre of its cell and is cut off at the border.
 * @param at the patches wanted, by their place in the row-major order
 */
export function occludedCopies(image: Pixels, at: readonly number[], grid = OCCLUSION_GRID): Uint8Array {
  const size = image.data.length;
  const copies = new Uint8Array(at.length * size);
  const colour = meanColour(image);
  for (const [i, place] of at.entries()) {
    const copy = copies.subarray(i * size, (i + 1) * size);
    copy.set(image.data);
    cover(copy, image, patchBounds(image, place, grid), colour);
  }
  return copies;
}

/**
 * How much a probability falls with each patch covered: above 0 where the pixels speak for the label, below 0 where they speak
 * against it.
 * @param covered the probability of each copy, in the order of all patches
 */
export function occlusionMap(whole: number, covered: readonly number[], { positions } = OCCLUSION_GRID): HeatMap {
  const values = Float32Array.from(covered, (probability) => whole - probability);
  return { width: positions, height: positions, values };
}

function patchBounds({ width, height }: Pixels, place: number, { positions, patch }: OcclusionGrid): Bounds {
  const span = (size: number, cell: number): [number, number] => {
    const centre = ((cell + 0.5) * size) / positions;
    const half = (size * patch) / 2;
    const start = Math.max(Math.round(centre - half), 0);
    return [start, Math.min(Math.max(Math.round(centre + half), start + 1), size)];
  };
  const [left, right] = span(width, place % positions);
  const [top, bottom] = span(height, Math.floor(place / positions));
  return { left, top, right, bottom };
}

function meanColour({ channels, data }: Pixels): number[] {
  const sums = new Array<number>(channels).fill(0);
  for (let i = 0; i < data.length; i += 1) sums[i % channels] += data[i];
  return sums.map((sum) => Math.round((sum * channels) / data.length));
}

function cover(copy: Uint8Array, { width, channels }: Pixels, bounds: Bounds, colour: readonly number[]): void {
  for (let y = bounds.top; y < bounds.bottom; y += 1) {
    for (let x = bounds.left; x < bounds.right; x += 1) copy.set(colour, (y * width + x) * channels);
  }
}
