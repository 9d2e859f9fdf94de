import { DomainError } from '@resmask/errors';
import type { Tensor } from '@resmask/tensor';
import type { Dtype } from './dtypes.js';
import { float32Copy } from './float32-copy.js';
import type { StoredTensor } from './stored-tensor.js';

/** Little-endian bytes to float32, by kind of element. */
const CONVERSIONS: Readonly<Partial<Record<Dtype, (bytes: Uint8Array) => Float32Array>>> = {
  F32: (bytes) =>
    bytes.byteOffset % 4 === 0
      ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : float32Copy(bytes),
  F16: (bytes) => new Float32Array(new Float16Array(alignedBuffer(bytes))),
  // A bfloat16 is the upper half of a float32.
  BF16: (bytes) =>
    new Float32Array(Uint32Array.from(new Uint16Array(alignedBuffer(bytes)), (half) => half << 16).buffer),
  F64: (bytes) => new Float32Array(new Float64Array(alignedBuffer(bytes))),
};

/** True for kinds of elements that `float32Tensor` converts: F32, F16, BF16 and, rounded, F64. */
export function isFloat(dtype: Dtype): boolean {
  return CONVERSIONS[dtype] !== undefined;
}

/**
 * A stored tensor as float32: a view into the file where it holds aligned float32, else a copy.
 * @throws DomainError WEIGHTS_INVALID if its elements are no floating-point numbers.
 */
export function float32Tensor(tensor: StoredTensor): Tensor {
  const convert = CONVERSIONS[tensor.dtype];
  if (!convert) {
    const allowed = Object.keys(CONVERSIONS).join(', ');
    throw new DomainError('WEIGHTS_INVALID', `a tensor of ${tensor.dtype} is no float32; ${allowed} can be converted`);
  }
  return { shape: tensor.shape, data: convert(tensor.bytes()) };
}

function alignedBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
