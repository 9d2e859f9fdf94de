import { invalidField } from '@resmask/errors';
import { type ModelProto, type TensorProto, TensorProto_DataLocation } from './gen/onnx/onnx.js';
import { graphOf } from './graph-signature.js';
import { encodeModelChunks } from './model-chunks.js';

/** What a model is written as: the ONNX file, and beside it a data file where weights have been moved there. */
export interface ModelFiles {
  readonly model: readonly Uint8Array[];
  readonly data?: readonly Uint8Array[];
}

export interface ExternalDataOptions {
  /** Name of the data file, beside the model's; ONNX readers look nowhere else. */
  readonly dataFile: string;
  /** Weights move when the initialisers hold more bytes than this; 1.5 GB unless said otherwise. */
  readonly aboveBytes?: number;
}

const DEFAULT_ABOVE_BYTES = 1.5e9;
/** Smaller tensors stay in the model: shape inference reads them. */
const MIN_TENSOR_BYTES = 1024;
/** Offsets are whole pages, so that readers can map tensors into memory. */
const ALIGNMENT = 4096;

/**
 * A model as files: one, or above a limit two, of which the second holds the initialisers of 1024 bytes and more.
 * The bytes are views of the model, as in `encodeModelChunks`.
 * @throws DomainError FIELD_INVALID for a data file in another folder, ARTIFACT_TOO_LARGE if the rest is above 2 GiB.
 */
export function encodeModelFiles(
  model: ModelProto,
  { dataFile, aboveBytes = DEFAULT_ABOVE_BYTES }: ExternalDataOptions,
): ModelFiles {
  if (dataFile === '' || dataFile === '.' || dataFile === '..' || /[/\\\0]/.test(dataFile)) {
    throw invalidField('dataFile', `got "${dataFile}"; a plain file name is needed, beside the model`);
  }
  const graph = graphOf(model);
  const bytes = graph.initializer.reduce((sum, { rawData }) => sum + (rawData?.byteLength ?? 0), 0);
  if (bytes <= aboveBytes) return { model: encodeModelChunks(model) };
  const data = new DataFile(dataFile);
  const initializer = graph.initializer.map((tensor) => data.take(tensor));
  return { model: encodeModelChunks({ ...model, graph: { ...graph, initializer } }), data: data.chunks };
}

class DataFile {
  readonly chunks: Uint8Array[] = [];
  #length = 0;

  constructor(readonly name: string) {}

  /** The tensor with a reference to this file in place of its bytes. */
  take(tensor: TensorProto): TensorProto {
    const { rawData } = tensor;
    if (!rawData || rawData.byteLength < MIN_TENSOR_BYTES) return tensor;
    const padding = (ALIGNMENT - (this.#length % ALIGNMENT)) % ALIGNMENT;
    if (padding > 0) this.#append(new Uint8Array(padding));
    const entries = { location: this.name, offset: String(this.#length), length: String(rawData.byteLength) };
    this.#append(rawData);
    return {
      ...tensor,
      rawData: undefined,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    };
  }

  #append(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.#length += bytes.byteLength;
  }
}
