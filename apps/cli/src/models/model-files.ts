import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DomainError } from '@resmask/errors';
import {
  decodeModel,
  type ExternalDataOptions,
  encodeModelFiles,
  externalDataFiles,
  type ModelProto,
  withInternalData,
} from '@resmask/onnx';
import { readInput } from '../networks/shipped-weights.js';

export interface WrittenModel {
  readonly sizeBytes: number;
  /** The file beside the model that holds its weights, where they are too many for one. */
  readonly dataFile?: string;
}

/** Reads an ONNX file, and the weights that lie beside it. @throws DomainError FILE_UNREADABLE, NOT_ONNX or WEIGHTS_INVALID. */
export async function readModelFile(path: string): Promise<ModelProto> {
  const model = decodeModel(await readInput(path));
  const files = new Map<string, Uint8Array>();
  for (const name of externalDataFiles(model)) {
    // A model may name any path; only what lies beside it is looked at.
    if (name !== basename(name))
      throw new DomainError('WEIGHTS_INVALID', `${path} has weights in "${name}"; they must lie beside the model`);
    files.set(name, await readInput(join(dirname(path), name)));
  }
  return files.size === 0 ? model : withInternalData(model, files);
}

/**
 * Writes a model as an ONNX file, and above a limit its weights into FILE.data beside it. Each file appears whole, the model last.
 * @param aboveBytes 1.5 GB unless said otherwise
 */
export async function writeModelFile(
  path: string,
  model: ModelProto,
  aboveBytes?: ExternalDataOptions['aboveBytes'],
): Promise<WrittenModel> {
  const dataFile = `${basename(path)}.data`;
  const { model: chunks, data } = encodeModelFiles(model, { dataFile, aboveBytes });
  await mkdir(dirname(path), { recursive: true });
  const dataPath = join(dirname(path), dataFile);
  if (data) await writeWhole(dataPath, data);
  await writeWhole(path, chunks);
  const sizeBytes = [...chunks, ...(data ?? [])].reduce((sum, { byteLength }) => sum + byteLength, 0);
  return data ? { sizeBytes, dataFile: dataPath } : { sizeBytes };
}

async function writeWhole(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, chunks);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
