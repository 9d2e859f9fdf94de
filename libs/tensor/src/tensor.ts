import { elementCount, formatShape } from './shape.js';

/** A dense float32 tensor in row-major order, as read from a weight file. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by their state-dict key. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

/** @throws RangeError if the data's length is not the product of the shape. */
export function tensor(shape: readonly number[], data: Float32Array): Tensor {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`a ${formatShape(shape)} tensor holds ${elementCount(shape)} values, got ${data.length}`);
  }
  return { shape, data };
}

/**
 * Reorders the axes: axis i of the result is axis `order[i]` of the input.
 * @throws RangeError if `order` is not a permutation of the axes.
 */
export function transpose({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const sorted = [...order].sort((a, b) => a - b);
  if (sorted.length !== shape.length || sorted.some((axis, i) => axis !== i)) {
    throw new RangeError(
      `[${order.join(', ')}] is no permutation of the ${shape.length} axes of ${formatShape(shape)}`,
    );
  }
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const outShape = order.map((axis) => shape[axis]);
  const outStrides = order.map((axis) => strides[axis]);
  const out = new Float32Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let target = 0; target < out.length; target += 1) {
    out[target] = data[source];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] += 1;
      source += outStrides[axis];
      if (index[axis] < outShape[axis]) break;
      source -= outStrides[axis] * outShape[axis];
      index[axis] = 0;
    }
  }
  return { shape: outShape, data: out };
}
