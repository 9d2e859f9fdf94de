import type { PickleValue } from '@resmask/pickle';
import { DTYPES } from './dtypes.js';
import { invalid } from './refusals.js';
import type { TorchStorage } from './torch-storage.js';

const COUNT_BYTES = 8;

/**
 * The storages at the end of a legacy file: for each key eight bytes of element count, little-endian, and the elements.
 * @param bytes from the first storage on
 * @param storages what the pickle says of them: only it knows how large an element is
 * @throws DomainError WEIGHTS_INVALID if the file ends too early, or what it says and what the pickle says differ.
 */
export function legacyStorages(
  bytes: Uint8Array,
  keys: readonly PickleValue[],
  storages: ReadonlyMap<string, TorchStorage>,
): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, Uint8Array>();
  let position = 0;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw invalid(`the checkpoint lists a storage ${JSON.stringify(String(key))} that no tensor uses`);
    if (found.has(storage.key)) throw invalid(`the checkpoint lists storage "${storage.key}" twice`);
    const start = position + COUNT_BYTES;
    if (start > bytes.length) throw truncated(storage, 0);
    const count = Number(view.getBigInt64(position, true));
    const size = count * (storage.dtype === undefined ? 1 : DTYPES[storage.dtype].bytes);
    if (size !== storage.fileBytes) {
      throw invalid(`storage "${storage.key}" has ${size} bytes in the file and needs ${storage.fileBytes}`);
    }
    if (start + size > bytes.length) throw truncated(storage, bytes.length - start);
    found.set(storage.key, bytes.subarray(start, start + size));
    position = start + size;
  }
  return found;
}

function truncated({ key, fileBytes }: TorchStorage, left: number): Error {
  return invalid(`the file ends within storage "${key}": ${left} of its ${fileBytes} bytes are there; fetch it again`);
}
