import { DomainError } from '@resmask/errors';
import { ModelProto } from './gen/onnx/onnx.js';
import { encodeModelChunks } from './model-chunks.js';

/**
 * Reads an ONNX file. Tensor bytes stay views of `bytes`.
 * @throws DomainError NOT_ONNX for anything that is no ONNX graph.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  let model: ModelProto;
  try {
    model = ModelProto.decode(bytes);
  } catch (cause) {
    throw notOnnx(bytes, 'it is no protobuf message of that form', cause);
  }
  if (!model.graph || model.graph.node.length === 0) throw notOnnx(bytes, 'it has no graph with nodes');
  if (model.opsetImport.length === 0) throw notOnnx(bytes, 'it names no operator set');
  return model;
}

/** The bytes of an ONNX file, in a buffer of their own. @throws DomainError ARTIFACT_TOO_LARGE above protobuf's 2 GiB. */
export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  const chunks = encodeModelChunks(model);
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function notOnnx(bytes: Uint8Array, why: string, cause?: unknown): DomainError {
  return new DomainError(
    'NOT_ONNX',
    `the file of ${bytes.length} bytes is no ONNX model: ${why}. Export the network with torch.onnx.export, or build it with "resmask networks build".`,
    { cause },
  );
}
