import type { PickleValue } from '@resmask/pickle';
import type { TorchStorage } from './torch-storage.js';

/** A PyTorch file, unpickled: what it holds, and the bytes of the storages that its tensors are views of. */
export interface TorchFile {
  readonly root: PickleValue;
  /** A storage's bytes, little-endian. @throws DomainError WEIGHTS_INVALID if the file lacks them or has another number of them. */
  storageBytes(storage: TorchStorage): Uint8Array;
}
