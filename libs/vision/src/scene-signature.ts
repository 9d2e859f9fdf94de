import type { Pixels } from './pixels.js';

const BLOCKS = 4;
const LEVELS = 16;
/** Enough for a histogram of each block, few enough to take no time. */
const SAMPLES = 16_384;

/**
 * What a picture looks like from afar: histograms of 16 levels of brightness in 4 × 4 blocks, for `sceneDifference`.
 * @returns 256 shares of pixels, block by block; those of a block sum to 1
 */
export function sceneSignature({ width, height, channels, data }: Pixels): Float32Array {
  const signature = new Float32Array(BLOCKS * BLOCKS * LEVELS);
  const counts = new Float32Array(BLOCKS * BLOCKS);
  const step = Math.max(1, Math.floor(Math.sqrt((width * height) / SAMPLES)));
  for (let y = 0; y < height; y += step) {
    const blockRow = Math.floor((y * BLOCKS) / height) * BLOCKS;
    for (let x = 0; x < width; x += step) {
      const block = blockRow + Math.floor((x * BLOCKS) / width);
      signature[block * LEVELS + (brightness(data, (y * width + x) * channels, channels) >> 4)] += 1;
      counts[block] += 1;
    }
  }
  return signature.map((count, i) => count / Math.max(1, counts[Math.floor(i / LEVELS)]));
}

/**
 * How much of two pictures' brightness is different: half the sum of absolute differences of the histograms, mean over the blocks. Region
 * histograms tell cuts from movement well: Boreczky and Rowe, "Comparison of video shot boundary detection techniques" (1996).
 * @returns 0 for the same signature to 1
 */
export function sceneDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, share, i) => sum + Math.abs(share - other[i]), 0) / (2 * BLOCKS * BLOCKS);
}

function brightness(data: Uint8Array, at: number, channels: 1 | 3): number {
  return channels === 1 ? data[at] : (77 * data[at] + 150 * data[at + 1] + 29 * data[at + 2]) >> 8;
}
