import type { NamedTensors, Tensor } from '@resmask/tensor';
import { float32Tensor, isFloat } from './float32-tensor.js';
import { readSafetensorsHeader } from './safetensors-header.js';
import { StoredTensor, type StoredTensors } from './stored-tensor.js';

/** Every tensor of a safetensors file, as views. @throws DomainError WEIGHTS_INVALID if the header or an offset is wrong. */
export function storedSafetensors(bytes: Uint8Array): {
  readonly tensors: StoredTensors;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const { entries, metadata, end: base } = readSafetensorsHeader(bytes);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, start, end } of entries) {
    // The format has no aliases: every tensor is itself.
    tensors.set(name, new StoredTensor(dtype, shape, name, () => bytes.subarray(base + start, base + end)));
  }
  return { tensors, metadata };
}

/**
 * The floating-point tensors of a safetensors file as float32; others (such as the int64 counters of batch normalisation) are left
 * out. Copies, so that the file can be let go.
 * @throws DomainError WEIGHTS_INVALID if the header or an offset is wrong.
 */
export function readSafetensors(bytes: Uint8Array): NamedTensors {
  const tensors = new Map<string, Tensor>();
  for (const [name, stored] of storedSafetensors(bytes).tensors) {
    if (!isFloat(stored.dtype)) continue;
    const { shape, data } = float32Tensor(stored);
    tensors.set(name, { shape, data: data.buffer === bytes.buffer ? data.slice() : data });
  }
  return tensors;
}
