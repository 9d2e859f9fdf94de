import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { StoredArtifact } from '../artifact-store.js';

const BLOCK_BYTES = 1024 * 1024;

/** Reads a whole file: one block while the last one is hashed, and two blocks of memory for all of it. */
export async function digestOfFile(path: string): Promise<StoredArtifact> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'r');
  try {
    const blocks = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)] as const;
    let reading = readBlock(file, blocks[0]);
    for (let turn = 1; ; turn += 1) {
      const bytes = await reading;
      if (bytes.length === 0) return { sha256: hash.digest('hex'), sizeBytes };
      reading = readBlock(file, blocks[turn % 2]);
      hash.update(bytes);
      sizeBytes += bytes.length;
    }
  } finally {
    await file.close();
  }
}

async function readBlock(file: FileHandle, block: Buffer): Promise<Buffer> {
  const { bytesRead } = await file.read(block);
  return block.subarray(0, bytesRead);
}
