/** The number of elements of a shape; 1 for a scalar. @throws RangeError for a negative or fractional dimension. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isInteger(dimension) || dimension < 0) {
      throw new RangeError(`dimension ${dimension} of [${shape.join(', ')}] is not a whole number ≥ 0`);
    }
    count *= dimension;
  }
  return count;
}

/** A shape as people write it, e.g. `24×1×3×3`. */
export function formatShape(shape: readonly (number | string)[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}
