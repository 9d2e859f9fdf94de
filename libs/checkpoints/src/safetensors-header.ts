import { elementCount, formatShape } from '@resmask/tensor';
import { DTYPES, type Dtype, isDtype } from './dtypes.js';
import { invalid } from './refusals.js';

/** Where a tensor of a safetensors file lies. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the header's order. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the header ends in the file. */
  readonly end: number;
}

/** The format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;
export const LENGTH_BYTES = 8;

/**
 * Reads and checks the header of a safetensors file (https://github.com/huggingface/safetensors): 8 bytes of length, then JSON. As
 * the format demands, the tensors fill the rest of the file without holes and without overlapping.
 * @throws DomainError WEIGHTS_INVALID naming the tensor that is wrong.
 */
export function readSafetensorsHeader(bytes: Uint8Array): SafetensorsHeader {
  if (bytes.length < LENGTH_BYTES) throw damaged(`it has ${bytes.length} bytes, the header alone is longer`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const end = LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES || end > bytes.length) {
    throw damaged(`its header says ${length} bytes, the file has ${bytes.length - LENGTH_BYTES} after the length`);
  }
  const header = parse(bytes.subarray(LENGTH_BYTES, end));
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => entryOf(name, value));
  checkLayout(entries, bytes.length - end);
  return { entries, metadata: metadataOf(header[METADATA]), end };
}

const METADATA = '__metadata__';

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('the file is no safetensors file: its header is not JSON', cause);
  }
  if (!isRecord(header)) throw damaged('its header is no JSON object');
  return header;
}

function metadataOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const wellFormed = isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
  if (!wellFormed) throw damaged('its metadata are no texts');
  return value as Readonly<Record<string, string>>;
}

function entryOf(name: string, value: unknown): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw damaged(`tensor "${name}" is ${JSON.stringify(value).slice(0, 100)}`);
  }
  if (!isDtype(dtype)) {
    throw damaged(`tensor "${name}" is of ${dtype.slice(0, 20)}; known are ${Object.keys(DTYPES).join(', ')}`);
  }
  const [start, end] = offsets;
  const size = elementCount(shape) * DTYPES[dtype].bytes;
  if (end - start !== size) {
    throw damaged(`tensor "${name}" (${dtype} ${formatShape(shape)}) needs ${size} bytes and has ${start} to ${end}`);
  }
  return { name, dtype, shape, start, end };
}

function checkLayout(entries: readonly SafetensorsEntry[], size: number): void {
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      throw damaged(`tensor "${entry.name}" begins at byte ${entry.start}, the one before ends at ${end}`);
    }
    end = entry.end;
  }
  if (end !== size) throw damaged(`its tensors have ${end} bytes, the file has ${size}; fetch it again`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function damaged(problem: string): Error {
  return invalid(`the file is no safetensors file: ${problem}`);
}
