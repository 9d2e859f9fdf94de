import { elementCount } from '@resmask/tensor';
import { type CheckpointFormat, checkpointFormat } from './checkpoint-format.js';
import { type CheckpointLimits, checkpointLimits } from './checkpoint-limits.js';
import { DTYPES } from './dtypes.js';
import type { PlainValue } from './plain-value.js';
import { storedSafetensors } from './read-safetensors.js';
import { tooLarge } from './refusals.js';
import { findStateDict } from './state-dict.js';
import type { StoredTensor, StoredTensors } from './stored-tensor.js';
import { checkStrides, stridedTensor } from './strided-tensor.js';
import type { TorchFile } from './torch-file.js';
import { readTorchLegacy } from './torch-legacy.js';
import type { TorchTensor } from './torch-tensor.js';
import { readTorchZip } from './torch-zip.js';

/** A file of weights, read. */
export interface Checkpoint {
  readonly format: CheckpointFormat;
  /** By state-dict key, in the file's order. */
  readonly tensors: StoredTensors;
  /** What else the file says, such as `best_val_acc`. */
  readonly extra: Readonly<Record<string, PlainValue>>;
  /** The keys that the state dict was kept under, such as `net`; absent if it was the root. */
  readonly wrapper?: string;
  /** `module.`, if every key began with it (a network that was trained on several cards) and it was taken off. */
  readonly prefix?: string;
}

/**
 * Reads a checkpoint: a PyTorch zip file, a PyTorch legacy file or a safetensors file. Nothing in it is executed, and tensors are
 * views into `file` where it holds them in a row.
 * @throws DomainError WEIGHTS_INVALID if the file is damaged or of another kind, CHECKPOINT_UNSAFE if its pickle names a global that
 * is not allowed, CHECKPOINT_TOO_LARGE if it asks for more than `limits`.
 */
export async function readCheckpoint(
  file: Uint8Array,
  limits: CheckpointLimits = checkpointLimits(file.length),
): Promise<Checkpoint> {
  // Of a Node Buffer every part is a Buffer again, whose `slice` is no copy; whoever takes a tensor's bytes need not know.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.length);
  const format = checkpointFormat(bytes);
  if (format === 'safetensors') {
    const { tensors, metadata } = storedSafetensors(bytes);
    return { format, ...withoutPrefix(tensors), extra: metadata };
  }
  const read = format === 'pytorch-zip' ? await readTorchZip(bytes, limits) : readTorchLegacy(bytes, limits);
  const { tensors, ...rest } = findStateDict(read.root, limits.memory);
  return { format, ...rest, ...withoutPrefix(storedTensors(tensors, read, limits)) };
}

function storedTensors(
  found: ReadonlyMap<string, TorchTensor>,
  file: TorchFile,
  { memory, maxTensorBytes }: CheckpointLimits,
): StoredTensors {
  const tensors = new Map<string, StoredTensor>();
  let total = 0;
  for (const [name, tensor] of found) {
    checkStrides(name, tensor);
    total += elementCount(tensor.shape) * DTYPES[tensor.dtype].bytes;
    if (total > maxTensorBytes) {
      throw tooLarge(
        `with tensor "${name}" (${tensor.kind}) the tensors have ${total} bytes, allowed are ${maxTensorBytes}`,
      );
    }
    tensors.set(name, stridedTensor(name, tensor, file.storageBytes(tensor.storage), memory));
  }
  return tensors;
}

const PREFIX = 'module.';

function withoutPrefix(tensors: StoredTensors): Pick<Checkpoint, 'tensors' | 'prefix'> {
  const names = [...tensors.keys()];
  if (names.length === 0 || !names.every((name) => name.startsWith(PREFIX))) return { tensors };
  const renamed = new Map([...tensors].map(([name, tensor]) => [name.slice(PREFIX.length), tensor]));
  return { tensors: renamed, prefix: PREFIX };
}
