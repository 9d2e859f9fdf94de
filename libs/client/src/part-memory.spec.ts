import { createHash, randomBytes } from 'node:crypto';
import { WriteUploadPartRequest } from '@resmask/contracts/registry.v1';
import { describe, expect, it } from 'vitest';
import { CHUNK_BYTES } from './encode-chunks.js';
import { type EncodedPart, PartMemory } from './part-memory.js';

const MIB = 1024 * 1024;

/** Gives bytes in pieces that do not fit the chunks, and counts how often it was read. */
function sourceOf(bytes: Buffer, pieceBytes = 100_003) {
  const source = {
    reads: 0,
    async *read(): AsyncGenerator<Uint8Array> {
      source.reads += 1;
      for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
    },
  };
  return source;
}

/** The chunks of a part as the generated code reads them. */
async function chunksOf(part: EncodedPart): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const message of part.messages()) {
    const { step } = WriteUploadPartRequest.decode(message);
    if (step?.$case !== 'chunk') throw new TypeError('no chunk');
    chunks.push(step.value);
  }
  return chunks;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('PartMemory', () => {
  it.each([1, 127, 128, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 12_345])(
    'holds a part of %i bytes in messages that the generated code reads, its digest included',
    async (size) => {
      const bytes = randomBytes(size);
      const part = await new PartMemory().read(size, sourceOf(bytes).read);
      const chunks = await chunksOf(part);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      expect(chunks.slice(0, -1).every(({ length }) => length === CHUNK_BYTES)).toBe(true);
      expect(part.sha256).toBe(sha256(bytes));
    },
  );

  it('sends a part again without reading it again, and uses its memory for the next one', async () => {
    const memory = new PartMemory();
    const [first, second] = [randomBytes(2 * MIB), randomBytes(2 * MIB - 7)];
    const source = sourceOf(first);
    const part = await memory.read(first.length, source.read);
    const [before] = part.messages() as Iterable<Buffer>;
    for (let round = 0; round < 2; round += 1) expect(Buffer.concat(await chunksOf(part)).equals(first)).toBe(true);
    expect(source.reads).toBe(1);
    const next = await memory.read(second.length, sourceOf(second).read);
    expect(Buffer.concat(await chunksOf(next)).equals(second)).toBe(true);
    const [after] = next.messages() as Iterable<Buffer>;
    expect(after?.buffer).toBe(before?.buffer);
  });

  it('does not hold a part that is too large for it, and reads it once more each time', async () => {
    const bytes = randomBytes(33 * MIB);
    const source = sourceOf(bytes, MIB);
    const part = await new PartMemory().read(bytes.length, source.read);
    expect(part.sha256).toBe(sha256(bytes));
    expect(Buffer.concat(await chunksOf(part)).equals(bytes)).toBe(true);
    expect(source.reads).toBe(2);
  });
});
