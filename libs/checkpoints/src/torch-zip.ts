import type { CheckpointLimits } from './checkpoint-limits.js';
import { invalid } from './refusals.js';
import type { TorchFile } from './torch-file.js';
import { readTorchPickle } from './torch-pickle.js';
import { type ZipEntry, zipEntries } from './zip-entries.js';

/**
 * Reads a file of torch.save since 1.6: a zip file with `NAME/data.pkl`, `NAME/data/KEY` for every storage, and since 2.1
 * `NAME/byteorder`. Source: torch/serialization.py.
 * @throws DomainError WEIGHTS_INVALID, CHECKPOINT_UNSAFE or CHECKPOINT_TOO_LARGE.
 */
export async function readTorchZip(bytes: Uint8Array, limits: CheckpointLimits): Promise<TorchFile> {
  const entries = await zipEntries(bytes, limits);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw invalid(`the zip file is no PyTorch checkpoint: it has no "data.pkl", ${firstNames(entries)}`);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw invalid('the file is a TorchScript program; save the state_dict() of the module it was made of');
  }
  checkByteOrder(entries.get(`${folder}byteorder`));
  return {
    root: readTorchPickle(pickle.bytes(), limits.memory).value,
    storageBytes({ key, fileBytes, offsetBytes, sizeBytes }) {
      const bytes = entries.get(`${folder}data/${key}`)?.bytes();
      if (bytes?.length !== fileBytes) {
        throw invalid(`storage "${key}" has ${bytes?.length ?? 'no'} bytes in the file and needs ${fileBytes}`);
      }
      return bytes.subarray(offsetBytes, offsetBytes + sizeBytes);
    },
  };
}

function checkByteOrder(entry: ZipEntry | undefined): void {
  const order = entry === undefined ? 'little' : Buffer.from(entry.bytes()).subarray(0, 16).toString('latin1');
  if (order !== 'little') throw invalid(`the checkpoint's byte order is "${order}", allowed is "little"`);
}

function firstNames(entries: ReadonlyMap<string, ZipEntry>): string {
  const names = [...entries.keys()].slice(0, 3).map((name) => `"${name.slice(0, 80)}"`);
  return names.length === 0 ? 'nor anything else' : `but ${names.join(', ')}`;
}
