import { DomainError } from '@resmask/errors';
import type { ModelProto } from './gen/onnx/onnx.js';
import { decodeModel } from './model-file.js';
import { RangeCursor, type ReadRange } from './range-cursor.js';

/** Field numbers of onnx.proto. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
/** Of TensorProto: float_data, int32_data, int64_data, raw_data, double_data, uint64_data. */
const TENSOR_VALUES: ReadonlySet<number> = new Set([4, 5, 7, 9, 10, 11]);
/** Shorter values stay: shapes and axes are among them. */
const KEPT_BYTES = 1024;
const MAX_OUTLINE_BYTES = 64 * 1024 * 1024;
const LENGTH_DELIMITED = 2;

/**
 * A model without the values of its larger initialisers, for looking at a graph of any size: memory is that of the nodes.
 * @throws DomainError NOT_ONNX for anything that is no ONNX graph, or whose nodes alone have more than 64 MiB.
 */
export async function readModelOutline(read: ReadRange, sizeBytes: number): Promise<ModelProto> {
  const cursor = new RangeCursor(read, sizeBytes);
  const outline = new Outline();
  try {
    const parts = await message(cursor, sizeBytes, outline, (field, end) =>
      field === MODEL_GRAPH ? graph(cursor, end, outline) : undefined,
    );
    return decodeModel(Buffer.concat(parts));
  } catch (error) {
    if (error instanceof DomainError || !(error instanceof RangeError)) throw error;
    throw new DomainError('NOT_ONNX', `the file of ${sizeBytes} bytes is no ONNX model: ${error.message}`, {
      cause: error,
    });
  }
}

function graph(cursor: RangeCursor, end: number, outline: Outline): Promise<Uint8Array[]> {
  return message(cursor, end, outline, (field, tensorEnd) =>
    field === GRAPH_INITIALIZER ? tensor(cursor, tensorEnd, outline) : undefined,
  );
}

function tensor(cursor: RangeCursor, end: number, outline: Outline): Promise<Uint8Array[]> {
  return message(cursor, end, outline, (field, valueEnd) => {
    if (!TENSOR_VALUES.has(field) || valueEnd - cursor.position <= KEPT_BYTES) return undefined;
    cursor.position = valueEnd;
    return Promise.resolve(null);
  });
}

/** What becomes of a length-delimited field: its new parts, null to leave it out, or undefined to keep it as it is. */
type Inner = (field: number, end: number) => Promise<Uint8Array[] | null> | undefined;

/** Copies the fields of a message up to its end, but for those that `inner` takes. */
async function message(cursor: RangeCursor, end: number, outline: Outline, inner: Inner): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  while (cursor.position < end) {
    const start = cursor.position;
    const tag = await cursor.varint();
    const wireType = tag & 7;
    if (wireType !== LENGTH_DELIMITED) {
      await cursor.skipScalar(wireType);
      parts.push(await outline.copy(cursor, start, cursor.position));
      continue;
    }
    const length = await cursor.varint();
    const fieldEnd = cursor.position + length;
    if (fieldEnd > end) throw new RangeError(`field ${tag >>> 3} ends beyond the message it is in`);
    const taken = inner(tag >>> 3, fieldEnd);
    if (taken === undefined) {
      parts.push(await outline.copy(cursor, start, fieldEnd));
    } else {
      const body = await taken;
      if (body) parts.push(...delimited(tag, body));
    }
  }
  return parts;
}

class Outline {
  #bytes = 0;

  /** A copy of some bytes, after which the cursor stands. */
  async copy(cursor: RangeCursor, start: number, end: number): Promise<Uint8Array> {
    this.#bytes += end - start;
    if (this.#bytes > MAX_OUTLINE_BYTES) {
      throw new DomainError(
        'NOT_ONNX',
        `the graph's nodes alone have more than ${MAX_OUTLINE_BYTES} bytes; keep weights in initialisers`,
      );
    }
    cursor.position = start;
    return cursor.bytes(end - start);
  }
}

function delimited(tag: number, body: readonly Uint8Array[]): Uint8Array[] {
  const length = body.reduce((sum, part) => sum + part.byteLength, 0);
  return [Uint8Array.from([...varint(tag), ...varint(length)]), ...body];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
