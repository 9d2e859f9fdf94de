import { PickleTuple, type PickleValue } from '@resmask/pickle';
import { DTYPES } from './dtypes.js';
import { invalid } from './refusals.js';
import { StorageType, TorchStorage } from './torch-storage.js';

/**
 * The storage that a persistent id of PyTorch means: ('storage', class, key, location, count), and in legacy files a sixth item
 * (key, offset, count) of a view or None. Where it lay (cpu, cuda) does not matter. Source: torch/serialization.py.
 * @throws DomainError WEIGHTS_INVALID for another id.
 */
export function persistentStorage(id: PickleValue): TorchStorage {
  const [kind, type, key, , count, view = null] = id instanceof PickleTuple ? id.items : [];
  if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(count)) {
    throw invalid('the checkpoint refers to something that is no storage');
  }
  const itemBytes = type.dtype === undefined ? 1 : DTYPES[type.dtype].bytes;
  const size = count * itemBytes;
  if (view === null) return new TorchStorage(key, type.dtype, size, 0, size);
  const [, offset, viewCount] = view instanceof PickleTuple ? view.items : [];
  if (!isCount(offset) || !isCount(viewCount) || offset + viewCount > count) {
    throw invalid(`a view of storage "${key}" is not within its ${count} elements`);
  }
  return new TorchStorage(key, type.dtype, size, offset * itemBytes, viewCount * itemBytes);
}

function isCount(value: PickleValue): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
