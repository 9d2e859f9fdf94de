import { createHash } from 'node:crypto';
import type { ArtifactStore, StoredArtifact } from '@resmask/artifacts';

const CHUNK_BYTES = 300_000;

/** The smallest part any store takes. */
export const PART_BYTES = 5 * 1024 * 1024;

/** Bytes that look like weights: the same for the same seed, and not compressible. */
export function sampleBytes(seed: string, sizeBytes: number): Buffer {
  return createHash('shake256', { outputLength: sizeBytes }).update(seed).digest();
}

export function described(bytes: Uint8Array): StoredArtifact {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}

export async function* inChunks(bytes: Buffer, chunkBytes = CHUNK_BYTES): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}

/** A file cut into parts, and how each is sent. */
export class SampleUpload {
  readonly bytes: Buffer;
  readonly size: { readonly sizeBytes: number; readonly partBytes: number };
  readonly whole: StoredArtifact;
  readonly partNumbers: readonly number[];

  constructor(bytes: Buffer, partBytes = PART_BYTES) {
    this.bytes = bytes;
    this.size = { sizeBytes: bytes.length, partBytes };
    this.whole = described(bytes);
    this.partNumbers = Array.from({ length: Math.ceil(bytes.length / partBytes) }, (_, index) => index + 1);
  }

  part(partNumber: number): Buffer {
    const start = (partNumber - 1) * this.size.partBytes;
    return this.bytes.subarray(start, start + this.size.partBytes);
  }

  send(store: ArtifactStore, id: string, partNumber: number): Promise<void> {
    const part = this.part(partNumber);
    return store.writePart(id, partNumber, inChunks(part), described(part));
  }
}
