import { DomainError } from '@resmask/errors';
import { elementCount, type NamedTensors, type Tensor } from '@resmask/tensor';
import { float32Copy } from './float32-copy.js';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The format's own limit of its header. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors): 8 bytes length, a JSON header, the tensors' bytes.
 * Tensors of float32 are returned; others (such as the int64 counters of batch normalisation) are left out.
 * @throws DomainError WEIGHTS_INVALID if the header or an offset is wrong.
 */
export function readSafetensors(bytes: Uint8Array): NamedTensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw invalid(`it has ${bytes.length} bytes, the header alone is longer`);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > Math.min(bytes.length - 8, MAX_HEADER_BYTES)) {
    throw invalid(`its header says ${headerLength} bytes, the file has ${bytes.length - 8} after the length`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerLength));
  const data = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || !isEntry(entry)) continue;
    if (entry.dtype === 'F32') tensors.set(name, readFloat32(name, entry, data));
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null) return header as Record<string, unknown>;
  } catch (cause) {
    throw new DomainError('WEIGHTS_INVALID', 'the file is no safetensors file: its header is not JSON', { cause });
  }
  throw invalid('its header is no JSON object');
}

function isEntry(value: unknown): value is Entry {
  const { dtype, shape, data_offsets: offsets } = value as Partial<Entry>;
  const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && (size as number) >= 0;
  const wellFormed =
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every(isSize) &&
    Array.isArray(offsets) &&
    offsets.every(isSize);
  if (!wellFormed) throw invalid(`an entry is ${JSON.stringify(value)?.slice(0, 100)}`);
  return true;
}

function readFloat32(name: string, { shape, data_offsets: [start, end] }: Entry, data: Uint8Array): Tensor {
  const size = elementCount(shape) * 4;
  if (end > data.length || end - start !== size) {
    throw invalid(`tensor "${name}" lies at ${start} to ${end} of ${data.length} bytes and needs ${size}`);
  }
  return { shape, data: float32Copy(data.subarray(start, end)) };
}

function invalid(problem: string): DomainError {
  return new DomainError('WEIGHTS_INVALID', `the file is no safetensors file: ${problem}`);
}
