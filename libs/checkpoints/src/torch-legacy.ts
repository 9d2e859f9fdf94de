import { type Allowance, PickleDict, PickleList, type PickleValue } from '@resmask/pickle';
import type { CheckpointLimits } from './checkpoint-limits.js';
import { legacyStorages } from './legacy-storages.js';
import { invalid } from './refusals.js';
import type { TorchFile } from './torch-file.js';
import { readTorchPickle } from './torch-pickle.js';
import type { TorchStorage } from './torch-storage.js';

/** The first pickle of a legacy file. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/**
 * Reads a file of torch.save before 1.6, as the 2019 release files are: four pickles (a magic number, the protocol, facts about the
 * machine, the object), a pickled list of storage keys, and the storages in that order. Source: torch/serialization.py, _legacy_save.
 * @throws DomainError WEIGHTS_INVALID, CHECKPOINT_UNSAFE or CHECKPOINT_TOO_LARGE.
 */
export function readTorchLegacy(bytes: Uint8Array, { memory }: CheckpointLimits): TorchFile {
  const storages = new Map<string, TorchStorage>();
  const pickles = new PickleStream(bytes, memory, (storage) => storages.set(storage.key, storage));
  if (pickles.next() !== MAGIC)
    throw invalid('the file is a pickle and no PyTorch checkpoint: it lacks the magic number');
  const protocol = pickles.next();
  if (protocol !== PROTOCOL) throw invalid(`the checkpoint's protocol is not ${PROTOCOL}, which alone is known`);
  checkByteOrder(pickles.next());
  const root = pickles.next();
  const keys = pickles.next();
  if (!(keys instanceof PickleList)) throw invalid('the checkpoint has no list of storages');
  const found = legacyStorages(bytes.subarray(pickles.position), keys.items, storages);
  return { root, storageBytes: (storage) => bytesOf(found, storage) };
}

/** Reads pickles that follow each other. */
class PickleStream {
  position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly memory: Allowance,
    private readonly onStorage: (storage: TorchStorage) => void,
  ) {}

  next(): PickleValue {
    const { value, length } = readTorchPickle(this.bytes.subarray(this.position), this.memory, this.onStorage);
    this.position += length;
    return value;
  }
}

function checkByteOrder(system: PickleValue): void {
  const isLittle = system instanceof PickleDict && system.entries.get('little_endian') === true;
  if (!isLittle) throw invalid("the checkpoint's byte order is not little-endian, which alone can be read");
}

function bytesOf(found: ReadonlyMap<string, Uint8Array>, storage: TorchStorage): Uint8Array {
  const { key, fileBytes, offsetBytes, sizeBytes } = storage;
  const bytes = found.get(key);
  if (bytes?.length !== fileBytes) {
    throw invalid(`storage "${key}" has ${bytes?.length ?? 'no'} bytes in the file and needs ${fileBytes}`);
  }
  return bytes.subarray(offsetBytes, offsetBytes + sizeBytes);
}
