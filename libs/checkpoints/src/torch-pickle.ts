import { type Allowance, defaultPickleLimits, type PickleRead, readPickle } from '@resmask/pickle';
import { persistentStorage } from './persistent-storage.js';
import { TORCH_GLOBALS } from './torch-globals.js';
import type { TorchStorage } from './torch-storage.js';

/**
 * Reads the pickle at the beginning of `bytes`, as PyTorch wrote it.
 * @param onStorage is told of every storage that is referred to, as often as it is
 */
export function readTorchPickle(
  bytes: Uint8Array,
  memory: Allowance,
  onStorage?: (storage: TorchStorage) => void,
): PickleRead {
  const persistent = (id: Parameters<typeof persistentStorage>[0]): TorchStorage => {
    const storage = persistentStorage(id);
    onStorage?.(storage);
    return storage;
  };
  return readPickle(bytes, { globals: TORCH_GLOBALS, persistent }, { ...defaultPickleLimits(), allowance: memory });
}
