import { crc32, inflateRawSync } from 'node:zlib';
import { DomainError } from '@resmask/errors';
import type { Allowance } from '@resmask/pickle';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import type { CheckpointLimits } from './checkpoint-limits.js';
import { invalid, tooLarge } from './refusals.js';

const STORED = 0;
const DEFLATED = 8;

/** An entry of a zip file. Stored ones are views into it, which is how PyTorch writes them. */
export interface ZipEntry {
  readonly name: string;
  /** @throws DomainError WEIGHTS_INVALID if they are not what the file says of them, CHECKPOINT_TOO_LARGE if unpacking is too much */
  bytes(): Uint8Array;
}

interface Located {
  readonly entry: Entry;
  readonly start: number;
}

/**
 * The entries of a zip file by name, in its order.
 * @throws DomainError WEIGHTS_INVALID for a damaged file: entries that overlap, lie outside, are encrypted, or have the same name.
 */
export async function zipEntries(bytes: Uint8Array, limits: CheckpointLimits): Promise<ReadonlyMap<string, ZipEntry>> {
  const located = await locateEntries(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), limits);
  refuseOverlaps(located);
  const entries = new Map<string, ZipEntry>();
  for (const { entry, start } of located) {
    const { fileName: name, compressedSize } = entry;
    if (entries.has(name)) throw invalid(`the zip file has two entries "${name}"`);
    const data = bytes.subarray(start, start + compressedSize);
    let unpacked: Uint8Array | undefined;
    const read = (): Uint8Array => {
      unpacked ??= unpack(entry, data, limits.memory);
      return unpacked;
    };
    entries.set(name, { name, bytes: read });
  }
  return entries;
}

async function locateEntries(buffer: Buffer, { maxZipEntries, memory }: CheckpointLimits): Promise<Located[]> {
  try {
    const zip: ZipFile = await fromBufferPromise(buffer);
    const located: Located[] = [];
    for await (const entry of zip.eachEntry()) {
      if (located.length >= maxZipEntries) throw tooLarge(`the zip file has more than ${maxZipEntries} entries`);
      memory.take(1024 + entry.fileName.length * 2, 'the list of zip entries');
      if (!entry.canDecodeFileData()) throw invalid(`zip entry "${entry.fileName}" ${undecodable(entry)}`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      located.push({ entry, start: fileDataStart });
    }
    return located;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw invalid(`the zip file is damaged: ${error instanceof Error ? error.message : error}`, error);
  }
}

function undecodable(entry: Entry): string {
  if (entry.isEncrypted()) return 'is encrypted';
  return `is packed by method ${entry.compressionMethod}; stored (0) and deflated (8) can be read`;
}

/** Entries that share bytes are how a small zip file pretends to be a large one. */
function refuseOverlaps(located: readonly Located[]): void {
  let end = 0;
  let before = '';
  for (const { entry, start } of [...located].sort((a, b) => a.start - b.start)) {
    if (entry.compressedSize === 0) continue;
    if (start < end) throw invalid(`zip entries "${before}" and "${entry.fileName}" overlap`);
    end = start + entry.compressedSize;
    before = entry.fileName;
  }
}

function unpack(entry: Entry, data: Uint8Array, memory: Allowance): Uint8Array {
  const bytes = entry.compressionMethod === STORED ? data : inflate(entry, data, memory);
  // PyTorch can be told to leave the checksum out; it is 0 then.
  if (entry.crc32 !== 0 && crc32(bytes) !== entry.crc32) {
    throw invalid(`zip entry "${entry.fileName}" is damaged: its checksum is not that of its bytes`);
  }
  return bytes;
}

function inflate(
  { fileName, uncompressedSize, compressionMethod }: Entry,
  data: Uint8Array,
  memory: Allowance,
): Uint8Array {
  if (compressionMethod !== DEFLATED) throw invalid(`zip entry "${fileName}" is not deflated`);
  // Twice, because the pieces are joined at the end.
  memory.take(2 * uncompressedSize, `unpacking zip entry "${fileName}"`);
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(data, { maxOutputLength: Math.max(1, uncompressedSize) });
  } catch (cause) {
    throw invalid(`zip entry "${fileName}" cannot be unpacked to the ${uncompressedSize} bytes it announces`, cause);
  }
  if (bytes.length !== uncompressedSize) {
    throw invalid(`zip entry "${fileName}" has ${bytes.length} bytes and announces ${uncompressedSize}`);
  }
  return bytes;
}
