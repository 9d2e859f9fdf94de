import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { aliasesOf, type PlainValue, readCheckpoint, writeSafetensors } from '@resmask/checkpoints';
import { readInput } from '../networks/shipped-weights.js';

export interface ConvertedCheckpoint {
  readonly file: string;
  readonly sizeBytes: number;
  readonly tensors: number;
  /** Names of elements that another name has too; each is written out. */
  readonly aliases: number;
}

/**
 * Writes the tensors of any checkpoint as a safetensors file, with the numbers and texts beside them as its metadata.
 * @throws DomainError FILE_UNREADABLE, WEIGHTS_INVALID, CHECKPOINT_…; the target is only there when it is whole.
 */
export async function convertToSafetensors(source: string, target: string): Promise<ConvertedCheckpoint> {
  const { tensors, extra } = await readCheckpoint(await readInput(source));
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  try {
    await writeFile(partial, writeSafetensors(tensors, metadataOf(extra)));
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  const { size } = await stat(target);
  return { file: target, sizeBytes: size, tensors: tensors.size, aliases: aliasesOf(tensors).size };
}

/** `format: pt` tells PyTorch's loaders whose layout the tensors have. */
function metadataOf(extra: Readonly<Record<string, PlainValue>>): Readonly<Record<string, string>> {
  const scalars = Object.entries(extra).filter(([, value]) => value !== null && typeof value !== 'object');
  return { ...Object.fromEntries(scalars.map(([name, value]) => [name, String(value)])), format: 'pt' };
}
