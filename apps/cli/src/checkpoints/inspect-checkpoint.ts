import { guessNetwork, type NetworkGuess } from '@resmask/architectures';
import {
  aliasesOf,
  type Checkpoint,
  type CheckpointFormat,
  type PlainValue,
  readCheckpoint,
} from '@resmask/checkpoints';
import { readInput } from '../networks/shipped-weights.js';
import { shapesOf } from './checkpoint-shapes.js';

/** What is told of a checkpoint; `--json` prints it as it is. */
export interface CheckpointView {
  readonly file: string;
  readonly format: CheckpointFormat;
  readonly sizeBytes: number;
  /** The keys the state dict was kept under, such as `net`. */
  readonly wrapper?: string;
  /** `module.`, where every key had it; the names below have not. */
  readonly prefix?: string;
  readonly tensors: readonly TensorView[];
  readonly extra: Readonly<Record<string, PlainValue>>;
  /** The network these tensors most likely are. */
  readonly guess?: NetworkGuess;
}

export interface TensorView {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The earlier name of the same elements, for an alias. */
  readonly sameAs?: string;
}

/** Reads a checkpoint to tell what is in it. @throws DomainError FILE_UNREADABLE, WEIGHTS_INVALID, CHECKPOINT_… */
export async function inspectCheckpoint(file: string): Promise<CheckpointView> {
  const bytes = await readInput(file);
  return checkpointView(file, bytes.length, await readCheckpoint(bytes));
}

function checkpointView(file: string, sizeBytes: number, checkpoint: Checkpoint): CheckpointView {
  const { format, wrapper, prefix, extra } = checkpoint;
  const aliases = aliasesOf(checkpoint.tensors);
  const tensors = [...checkpoint.tensors].map(([name, { dtype, shape }]) => {
    const sameAs = aliases.get(name);
    return { name, dtype, shape, ...(sameAs && { sameAs }) };
  });
  const guess = guessNetwork(shapesOf(checkpoint.tensors));
  const found = { ...(wrapper && { wrapper }), ...(prefix && { prefix }) };
  return { file, format, sizeBytes, ...found, ...(guess && { guess }), tensors, extra };
}
