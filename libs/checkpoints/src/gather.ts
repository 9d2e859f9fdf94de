import { elementCount } from '@resmask/tensor';

/**
 * Copies a strided tensor's elements into a row, the last axis fastest.
 * @param bytes from its first element on
 * @param strides in elements
 * @param itemBytes size of an element
 */
export function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  itemBytes: number,
): Uint8Array {
  const out = new Uint8Array(elementCount(shape) * itemBytes);
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let target = 0; target < out.length; target += itemBytes) {
    for (let byte = 0; byte < itemBytes; byte += 1) out[target + byte] = bytes[source * itemBytes + byte];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] += 1;
      source += strides[axis];
      if (index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
