import { BATCH_SIZES } from './warm-up.js';

/**
 * Inputs one after the other; where each batch size has to be tuned by itself, filled up with zeros to a size that was.
 * @returns the images of the run, and how many of them were asked for
 */
export function fillUp(
  inputs: readonly Uint8Array[],
  imageBytes: number,
  padded: boolean,
): { images: Uint8Array; count: number } {
  const bytes = inputs.reduce((sum, { length }) => sum + length, 0);
  const count = bytes / imageBytes;
  const size = padded && count > 0 ? (BATCH_SIZES.find((candidate) => candidate >= count) ?? count) : count;
  if (inputs.length === 1 && size === count) return { images: inputs[0], count };
  const images = new Uint8Array(size * imageBytes);
  let offset = 0;
  for (const input of inputs) {
    images.set(input, offset);
    offset += input.length;
  }
  return { images, count };
}
