import { DTYPES } from './dtypes.js';
import { tooLarge } from './refusals.js';
import { LENGTH_BYTES, MAX_HEADER_BYTES } from './safetensors-header.js';
import type { StoredTensors } from './stored-tensor.js';

/** Of the header's end, as the format recommends: every tensor then lies at a multiple of its element's size. */
const ALIGNMENT = 8;

/**
 * A safetensors file in pieces: the header, then one tensor's bytes at a time, so that nothing is held twice. The same tensors in
 * the same order give the same bytes. The header keeps that order; the bytes are sorted by element size, largest first, for
 * alignment. Aliases are written out, each on its own.
 * @throws DomainError CHECKPOINT_TOO_LARGE if the header is over the format's limit.
 */
export function* writeSafetensors(
  tensors: StoredTensors,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  const sorted = [...tensors].sort(([, a], [, b]) => DTYPES[b.dtype].bytes - DTYPES[a.dtype].bytes);
  const starts = new Map<string, number>();
  let end = 0;
  for (const [name, { sizeBytes }] of sorted) {
    starts.set(name, end);
    end += sizeBytes;
  }
  yield header(tensors, starts, metadata);
  for (const [, tensor] of sorted) yield tensor.bytes();
}

function header(
  tensors: StoredTensors,
  starts: ReadonlyMap<string, number>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const fields = Object.keys(metadata).length === 0 ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  for (const [name, { dtype, shape, sizeBytes }] of tensors) {
    const start = starts.get(name) ?? 0;
    // Joined by hand: an object would put names that are numbers first.
    fields.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [start, start + sizeBytes] })}`,
    );
  }
  const json = Buffer.from(`{${fields.join(',')}}`);
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (length > MAX_HEADER_BYTES) throw tooLarge(`the header has ${length} bytes, allowed are ${MAX_HEADER_BYTES}`);
  const bytes = Buffer.alloc(LENGTH_BYTES + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length));
  json.copy(bytes, LENGTH_BYTES);
  return bytes;
}
