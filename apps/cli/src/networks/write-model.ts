import { rename, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  encodeModelFiles,
  foldBatchNorm,
  type ModelProto,
  PARAMETERS_PROPERTY,
  withHalfWeights,
  withMetadataProperties,
} from '@resmask/onnx';

/** How a model is written. */
export interface ModelFormat {
  /** Fold batch normalisation into the convolutions before it. */
  readonly fold: boolean;
  /** Store weights as float16; they are widened when the model is loaded. */
  readonly half: boolean;
  /** Weights go to a file of their own when they have more bytes than this. */
  readonly externalAbove?: number;
}

/** What people get who ask for nothing else. */
export const PLAIN_FORMAT: ModelFormat = { fold: true, half: false };

export interface WrittenModel {
  readonly file: string;
  readonly sizeBytes: number;
  /** The file with the weights, if they are not in the model's. */
  readonly dataFile?: string;
  readonly dataBytes?: number;
}

/** Writes a model; its weights are used up. What was trained is told in the file, because folding changes what can be counted. */
export async function writeModel(
  model: ModelProto,
  parameters: number,
  file: string,
  { fold, half, externalAbove }: ModelFormat,
): Promise<WrittenModel> {
  const named = withMetadataProperties(model, { [PARAMETERS_PROPERTY]: String(parameters) });
  const folded = fold ? foldBatchNorm(named, { consume: true }) : named;
  const dataFile = `${file}.data`;
  const { model: chunks, data } = encodeModelFiles(half ? withHalfWeights(folded) : folded, {
    dataFile: basename(dataFile),
    aboveBytes: externalAbove,
  });
  // First the weights, so that whoever sees the model can read it.
  if (data) await writeWhole(dataFile, data);
  await writeWhole(file, chunks);
  const written = { file, sizeBytes: bytesOf(chunks) };
  return data ? { ...written, dataFile, dataBytes: bytesOf(data) } : written;
}

/** All of it or nothing under that name. */
async function writeWhole(file: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${file}.partial`;
  await writeFile(temporary, chunks);
  await rename(temporary, file);
}

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
