import type { Allowance } from '@resmask/pickle';
import { elementCount, formatShape } from '@resmask/tensor';
import { DTYPES } from './dtypes.js';
import { gather } from './gather.js';
import { invalid } from './refusals.js';
import { StoredTensor } from './stored-tensor.js';
import type { TorchTensor } from './torch-tensor.js';

/**
 * A pickled tensor, checked: its shape makes sense, its elements lie within its storage, and no two of them are the same bytes
 * unless an axis is expanded (stride 0). Nothing is allocated here.
 * @throws DomainError WEIGHTS_INVALID that names the tensor.
 */
export function checkStrides(name: string, tensor: TorchTensor): void {
  const { storage, dtype, offset, shape, strides } = tensor;
  const refuse = (problem: string) => invalid(`tensor "${name}" (${dtype} ${formatShape(shape)}) ${problem}`);
  if (shape.length !== strides.length) throw refuse(`has ${strides.length} strides`);
  if (!shape.every(isSize)) throw refuse('has a dimension that is no size');
  if (!strides.every(isSize)) throw refuse(`has the strides ${strides.join(', ')}; they must be whole numbers from 0`);
  if (!isSize(offset)) throw refuse(`begins at element ${offset}`);
  if (elementCount(shape) === 0) return;
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
  const available = Math.floor(storage.sizeBytes / DTYPES[dtype].bytes);
  if (!(last < available)) {
    throw refuse(`needs elements ${offset} to ${last} of its storage "${storage.key}", which has ${available}`);
  }
  if (overlaps(tensor)) throw refuse(`has the strides ${strides.join(', ')}, with which its elements overlap`);
}

/** @param bytes what its storage holds @throws DomainError CHECKPOINT_TOO_LARGE if a gathered copy would be too much */
export function stridedTensor(name: string, tensor: TorchTensor, bytes: Uint8Array, memory: Allowance): StoredTensor {
  const { storage, dtype, offset, shape, strides } = tensor;
  const identity = [storage.key, storage.offsetBytes, dtype, offset, shape, strides].join('/');
  const size = elementCount(shape) * DTYPES[dtype].bytes;
  const start = offset * DTYPES[dtype].bytes;
  if (isContiguous(tensor)) {
    return new StoredTensor(dtype, shape, identity, () => bytes.subarray(start, start + size));
  }
  memory.take(size, `tensor "${name}", whose elements are not in a row,`);
  return new StoredTensor(dtype, shape, identity, () =>
    gather(bytes.subarray(start), shape, strides, DTYPES[dtype].bytes),
  );
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** True unless the axes, sorted by stride, nest; PyTorch writes no other tensors but expanded ones. */
function overlaps({ shape, strides }: TorchTensor): boolean {
  const axes = shape.map((size, axis) => ({ size, stride: strides[axis] }));
  const moving = axes.filter(({ size, stride }) => size > 1 && stride > 0).sort((a, b) => a.stride - b.stride);
  let reach = 0;
  for (const { size, stride } of moving) {
    if (stride <= reach) return true;
    reach += (size - 1) * stride;
  }
  return false;
}

function isContiguous({ shape, strides }: TorchTensor): boolean {
  if (elementCount(shape) === 0) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
