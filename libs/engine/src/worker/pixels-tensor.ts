import type { InputSpec } from '@resmask/model-spec';
import type { SessionTensor } from '@resmask/runtime';
import { sourcePlanes } from './prepare-input.js';

/** Bytes of one prepared image. */
export function imageBytesOf(input: InputSpec): number {
  return input.height * input.width * sourcePlanes(input);
}

/**
 * What an input stage is fed: prepared images, one after the other in `images`.
 * @param fixedBatch images of a run whose graph allows one number only; filled up with zeros, so that the first `count` rows of an output are
 *   theirs
 */
export function pixelsTensor(
  input: InputSpec,
  images: Uint8Array,
  count: number,
  fixedBatch: number | undefined,
): SessionTensor {
  const size = fixedBatch ?? count;
  const dims = [size, input.height, input.width, sourcePlanes(input)];
  const data = size === count ? images : filledUp(images, size * imageBytesOf(input));
  return { type: 'uint8', dims, data };
}

function filledUp(images: Uint8Array, bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  whole.set(images);
  return whole;
}
