import { basename, dirname, join } from 'node:path';
import { DomainError } from '@resmask/errors';
import { decodeModel, externalDataFiles, type ModelProto, withInternalData } from '@resmask/onnx';
import { readInput } from './shipped-weights.js';

/** Reads an ONNX file, and the weights that lie beside it. @throws DomainError FILE_UNREADABLE, NOT_ONNX or WEIGHTS_INVALID. */
export async function readModel(path: string): Promise<ModelProto> {
  const model = decodeModel(await readInput(path));
  const files = new Map<string, Uint8Array>();
  for (const name of externalDataFiles(model)) {
    // A model may name any path; only what lies beside it is looked at.
    if (name !== basename(name)) {
      throw new DomainError('WEIGHTS_INVALID', `${path} has weights in "${name}"; they must lie beside the model`);
    }
    files.set(name, await readInput(join(dirname(path), name)));
  }
  return files.size === 0 ? model : withInternalData(model, files);
}
