import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { DomainError } from '@resmask/errors';
import { GraphProto, ModelProto, TensorProto } from './gen/onnx/onnx.js';
import { graphOf } from './graph-signature.js';

/** Tags of length-delimited fields of onnx.proto: field number × 8 + 2. */
const GRAPH_OF_MODEL = 7 * 8 + 2;
const INITIALIZER_OF_GRAPH = 5 * 8 + 2;
const RAW_DATA_OF_TENSOR = 9 * 8 + 2;

/** A protobuf message ends at 2 GiB; readers refuse longer ones. */
const MAX_BYTES = 2 ** 31 - 1;

/** Part of a file: bytes that follow each other, of which only the small ones were made for it. */
interface Chunks {
  readonly parts: readonly Uint8Array[];
  readonly byteLength: number;
}

/**
 * The bytes of an ONNX file, in pieces: initialisers are views of the model, so that writing costs no memory beside it. The
 * generated codec would copy them three times, once for each message they are nested in.
 * @throws DomainError ARTIFACT_TOO_LARGE, before the first piece, above protobuf's 2 GiB.
 */
export function encodeModelChunks(model: ModelProto): readonly Uint8Array[] {
  const { initializer, ...rest } = graphOf(model);
  const head = ModelProto.encode({ ...model, graph: undefined }).finish();
  const graph = concat([
    whole(GraphProto.encode({ ...rest, initializer: [] }).finish()),
    ...initializer.map((tensor) => field(INITIALIZER_OF_GRAPH, tensorChunks(tensor))),
  ]);
  const { parts, byteLength } = concat([whole(head), field(GRAPH_OF_MODEL, graph)]);
  if (byteLength > MAX_BYTES) throw tooLarge(byteLength);
  return parts;
}

function tensorChunks({ rawData, ...rest }: TensorProto): Chunks {
  const head = whole(TensorProto.encode(rest).finish());
  return rawData ? concat([head, field(RAW_DATA_OF_TENSOR, whole(rawData))]) : head;
}

function field(tag: number, content: Chunks): Chunks {
  if (content.byteLength > MAX_BYTES) throw tooLarge(content.byteLength);
  return concat([whole(new BinaryWriter().uint32(tag).uint32(content.byteLength).finish()), content]);
}

function whole(bytes: Uint8Array): Chunks {
  return { parts: [bytes], byteLength: bytes.byteLength };
}

function concat(chunks: readonly Chunks[]): Chunks {
  return {
    parts: chunks.flatMap(({ parts }) => parts),
    byteLength: chunks.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

function tooLarge(byteLength: number): DomainError {
  return new DomainError(
    'ARTIFACT_TOO_LARGE',
    `the model is ${byteLength} bytes, an ONNX file ends at ${MAX_BYTES}; write its weights as external data, or as float16`,
  );
}
