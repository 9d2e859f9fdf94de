import { randomUUID } from 'node:crypto';
import type { ArtifactStore, ListedArtifact } from '@resmask/artifacts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { described, inChunks, PART_BYTES, SampleUpload, sampleBytes } from '../support/sample-upload.js';
import { STORE_KINDS, type StorePlace } from '../support/store-place.js';

const MIB = 1024 * 1024;
const LIMIT = 100 * MIB;
const RUNS = process.env['RESMASK_TEST_LONG'] ? 60 : 6;
const NOBODY = 'f'.repeat(64);

describe.each(STORE_KINDS.filter(({ there }) => there))('artifacts in $kind', ({ start }) => {
  let place: StorePlace;
  let store: ArtifactStore;

  beforeAll(async () => {
    place = await start();
    store = await place.open();
  });
  afterAll(() => place.remove());

  async function put(bytes: Buffer): Promise<string> {
    const writer = await store.writer(LIMIT);
    for await (const chunk of inChunks(bytes)) await writer.write(chunk);
    return (await writer.commit(described(bytes))).sha256;
  }

  async function readRange(sha256: string, range: { offset?: number; length?: number }): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(store.read(sha256, range)));
  }

  async function listed(sha256: string): Promise<ListedArtifact[]> {
    return (await Array.fromAsync(store.list())).filter((artifact) => artifact.sha256 === sha256);
  }

  /** An upload whose parts are all stored. */
  async function staged(seed: string, sizeBytes: number): Promise<{ id: string; upload: SampleUpload }> {
    const upload = new SampleUpload(sampleBytes(seed, sizeBytes));
    const id = randomUUID();
    await store.stage(id, upload.size);
    for (const partNumber of upload.partNumbers) await upload.send(store, id, partNumber);
    return { id, upload };
  }

  describe('written at once', () => {
    it.each([0, 1, 300_000, 20 * MIB + 1])('gives %i bytes back, and stores them once', async (sizeBytes) => {
      const bytes = sampleBytes(`written ${sizeBytes}`, sizeBytes);
      const before = Date.now();
      const sha256 = await put(bytes);
      await put(bytes);
      expect((await store.readAll(sha256)).equals(bytes)).toBe(true);
      expect(await store.stat(sha256)).toEqual({ sizeBytes });
      const [only, ...more] = await listed(sha256);
      expect([only.sizeBytes, more]).toEqual([sizeBytes, []]);
      expect(Math.abs(only.modifiedTime.getTime() - before)).toBeLessThan(30_000);
    });

    it('shows nothing before the commit, nor of what was discarded or is not what was announced', async () => {
      const bytes = sampleBytes('discarded', 9 * MIB);
      const { sha256 } = described(bytes);
      const discarded = await store.writer(LIMIT);
      await discarded.write(bytes);
      expect(await store.has(sha256)).toBe(false);
      await discarded.discard();
      const other = await store.writer(LIMIT);
      await other.write(bytes);
      const announced = { sha256: NOBODY, sizeBytes: bytes.length };
      await expect(other.commit(announced)).rejects.toMatchObject({ reason: 'DIGEST_MISMATCH' });
      expect([await store.has(sha256), await store.has(NOBODY)]).toEqual([false, false]);
    });

    it('refuses more bytes than allowed', async () => {
      const writer = await store.writer(10);
      await expect(writer.write(Buffer.alloc(11))).rejects.toMatchObject({ reason: 'ARTIFACT_TOO_LARGE' });
      await writer.discard();
    });

    it('is gone when it was deleted, which may be said twice', async () => {
      const sha256 = await put(sampleBytes('deleted', 1000));
      await store.delete(sha256);
      await store.delete(sha256);
      expect(await store.stat(sha256)).toBeUndefined();
      expect(await listed(sha256)).toEqual([]);
      await expect(store.readAll(sha256)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(readRange(sha256, { offset: 1 })).rejects.toMatchObject({ reason: 'ARTIFACT_NOT_FOUND' });
    });

    it('takes no name that is not a digest', async () => {
      const name = '../../../../etc/passwd';
      await expect(store.stat(name)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
      await expect(store.delete(name)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
      await expect(store.readAll(name)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    });
  });

  describe('read in parts', () => {
    const bytes = sampleBytes('ranges', 1_000_000);
    let sha256: string;
    beforeAll(async () => {
      sha256 = await put(bytes);
    });

    it.each([
      { offset: 0, length: 1 },
      { offset: 999_999 },
      { offset: 123_456, length: 300_000 },
      { length: 7 },
      { offset: 999_990, length: 1000 },
      { offset: 1_000_000 },
      { offset: 5, length: 0 },
    ])('gives %o', async (range) => {
      const { offset = 0, length = bytes.length } = range;
      expect((await readRange(sha256, range)).equals(bytes.subarray(offset, offset + length))).toBe(true);
    });

    it.each([{ offset: 1_000_001 }, { offset: -1 }, { offset: 0.5 }, { length: -1 }])('refuses %o', async (range) => {
      await expect(readRange(sha256, range)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
    });

    it('says which offsets there are', async () => {
      await expect(readRange(sha256, { offset: 2_000_000 })).rejects.toThrow(
        'offset: got 2000000; the artifact has 1000000 bytes, allowed are 0 to 1000000',
      );
    });
  });

  describe('damaged', () => {
    it('says DATA_LOSS when it is read whole, and the same bytes heal it', async () => {
      const bytes = sampleBytes('damaged', 400_000);
      const sha256 = await put(bytes);
      await place.damage(sha256);
      await expect(store.readAll(sha256)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT', code: 'DATA_LOSS' });
      await put(bytes);
      expect((await store.readAll(sha256)).equals(bytes)).toBe(true);
    });

    it('is healed by a staged upload too', async () => {
      const first = await staged('damaged and staged', PART_BYTES + 9);
      const { sha256 } = await store.completeStaged(first.id, first.upload.whole);
      await place.damage(sha256);
      const second = await staged('damaged and staged', PART_BYTES + 9);
      await store.completeStaged(second.id, second.upload.whole);
      expect((await store.readAll(sha256)).equals(second.upload.bytes)).toBe(true);
    });
  });

  describe('staged', () => {
    it('appears when it is completed and not before, whatever the order of its parts', async () => {
      const upload = new SampleUpload(sampleBytes('any order', 2 * PART_BYTES + 12_345));
      const id = randomUUID();
      await store.stage(id, upload.size);
      await store.stage(id, upload.size);
      for (const partNumber of [3, 1, 2]) await upload.send(store, id, partNumber);
      expect(await store.stagedParts(id)).toEqual(
        upload.partNumbers.map((partNumber) => ({ partNumber, ...described(upload.part(partNumber)) })),
      );
      expect(await store.has(upload.whole.sha256)).toBe(false);
      expect(await store.completeStaged(id, upload.whole)).toEqual(upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
      await expect(store.stagedParts(id)).rejects.toMatchObject({ reason: 'UPLOAD_NOT_FOUND' });
    });

    it('takes parts at the same time, and the same part twice at the same time', async () => {
      const upload = new SampleUpload(sampleBytes('at once', 3 * PART_BYTES + 1));
      const id = randomUUID();
      await store.stage(id, upload.size);
      await Promise.all([1, 2, 3, 4, 1, 2, 3, 4].map((partNumber) => upload.send(store, id, partNumber)));
      await store.completeStaged(id, upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it('goes on in another process, and completes in a third', async () => {
      const upload = new SampleUpload(sampleBytes('hand over', 3 * PART_BYTES));
      const id = randomUUID();
      await store.stage(id, upload.size);
      await upload.send(store, id, 1);
      await upload.send(await place.open(), id, 2);
      await upload.send(store, id, 3);
      await (await place.open()).completeStaged(id, upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it('answers the same when it is completed again, at the same time or later, and never something else', async () => {
      const { id, upload } = await staged('completed twice', PART_BYTES + 1);
      const both = [store.completeStaged(id, upload.whole), (await place.open()).completeStaged(id, upload.whole)];
      expect(await Promise.all(both)).toEqual([upload.whole, upload.whole]);
      expect(await store.completeStaged(id, upload.whole)).toEqual(upload.whole);
      const other = { ...upload.whole, sha256: NOBODY };
      await expect(store.completeStaged(id, other)).rejects.toMatchObject({ reason: 'DIGEST_MISMATCH' });
    });

    it('gives nobody an artifact for an upload whose bytes never came', async () => {
      const bytes = sampleBytes('of somebody else', 1000);
      await put(bytes);
      const id = randomUUID();
      await expect(store.completeStaged(id, described(bytes))).rejects.toMatchObject({ reason: 'UPLOAD_NOT_FOUND' });
      await store.stage(id, { sizeBytes: 1000, partBytes: 1000 });
      await expect(store.completeStaged(id, described(bytes))).rejects.toMatchObject({ reason: 'UPLOAD_INCOMPLETE' });
    });

    it('names the parts it lacks', async () => {
      const upload = new SampleUpload(sampleBytes('incomplete', 4 * PART_BYTES));
      const id = randomUUID();
      await store.stage(id, upload.size);
      await upload.send(store, id, 2);
      await expect(store.completeStaged(id, upload.whole)).rejects.toMatchObject({
        reason: 'UPLOAD_INCOMPLETE',
        metadata: { missing_parts: '1, 3, 4' },
        message: `upload ${id} lacks part 1, 3, 4; send it, then complete again`,
      });
    });

    it('keeps a part as it was when a second sending is damaged, too long, too short or breaks off', async () => {
      const { id, upload } = await staged('second sending', PART_BYTES + 500);
      const part = upload.part(2);
      const send = (chunks: AsyncIterable<Uint8Array>) => store.writePart(id, 2, chunks, described(part));
      const other = sampleBytes('something else', part.length);
      const mismatch = { reason: 'DIGEST_MISMATCH' };
      await expect(send(inChunks(other, 100))).rejects.toMatchObject(mismatch);
      await expect(send(inChunks(Buffer.concat([part, part]), 100))).rejects.toMatchObject(mismatch);
      await expect(send(inChunks(part.subarray(1), 100))).rejects.toMatchObject(mismatch);
      await expect(send(brokenAfter(part.subarray(0, 200)))).rejects.toThrow('the client went away');
      await store.completeStaged(id, upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it('stores nothing of a first sending that breaks off, and takes the part after it', async () => {
      const upload = new SampleUpload(sampleBytes('first sending', PART_BYTES));
      const id = randomUUID();
      await store.stage(id, upload.size);
      const broken = store.writePart(id, 1, brokenAfter(upload.bytes.subarray(0, 4 * MIB)), upload.whole);
      await expect(broken).rejects.toThrow('the client went away');
      expect(await store.stagedParts(id)).toEqual([]);
      await upload.send(store, id, 1);
      await store.completeStaged(id, upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it('is not disturbed by a sending that hangs and goes on with other bytes after the completion', async () => {
      const upload = new SampleUpload(sampleBytes('hanging', 2 * PART_BYTES));
      const id = randomUUID();
      await store.stage(id, upload.size);
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const other = sampleBytes('something else', PART_BYTES);
      const hanging = store
        .writePart(id, 1, heldAfter(other.subarray(0, MIB), released, other.subarray(MIB)), described(other))
        .catch((error: unknown) => error);
      await upload.send(store, id, 2);
      await upload.send(store, id, 1);
      await store.completeStaged(id, upload.whole);
      release();
      await hanging;
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it('refuses a whole that is not the announced one, and takes the right announcement after that', async () => {
      const { id, upload } = await staged('wrong announcement', PART_BYTES + 7);
      const others = [
        { ...upload.whole, sha256: NOBODY },
        { ...upload.whole, sizeBytes: PART_BYTES + 6 },
      ];
      for (const other of others) {
        await expect(store.completeStaged(id, other)).rejects.toMatchObject({ reason: 'DIGEST_MISMATCH' });
        expect([await store.has(NOBODY), await store.has(upload.whole.sha256)]).toEqual([false, false]);
      }
      await store.completeStaged(id, upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it('refuses a whole with a wrong part, and completes when the wrong part came again', async () => {
      const { id, upload } = await staged('wrong part', PART_BYTES + 500);
      const wrong = sampleBytes('wrong', 500);
      await store.writePart(id, 2, inChunks(wrong), described(wrong));
      await expect(store.completeStaged(id, upload.whole)).rejects.toMatchObject({ reason: 'DIGEST_MISMATCH' });
      expect(await store.has(upload.whole.sha256)).toBe(false);
      await upload.send(store, id, 2);
      await store.completeStaged(id, upload.whole);
      expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
    });

    it.each([
      { size: { sizeBytes: 0, partBytes: PART_BYTES }, says: 'size_bytes: got 0' },
      {
        size: { sizeBytes: 20 * MIB, partBytes: PART_BYTES - 1 },
        says: 'part_bytes: got 5242879; allowed are 5242880',
      },
      { size: { sizeBytes: 1024 ** 4, partBytes: 6 * 1024 ** 3 }, says: 'part_bytes: got 6442450944; allowed are' },
      {
        size: { sizeBytes: 100 * 1024 ** 3, partBytes: 10 * MIB },
        says: 'makes 10240 parts; at most 10000 are allowed',
      },
    ])('refuses to begin with $size', async ({ size, says }) => {
      await expect(store.stage(randomUUID(), size)).rejects.toThrow(says);
    });

    it('refuses parts it has no place for, other sizes than it was begun with, and ids that are none', async () => {
      const { id, upload } = await staged('refused', PART_BYTES + 10);
      const invalid = { reason: 'FIELD_INVALID' };
      const part = described(upload.part(2));
      await expect(store.writePart(id, 3, inChunks(upload.part(2)), part)).rejects.toMatchObject(invalid);
      await expect(store.writePart(id, 0, inChunks(upload.part(2)), part)).rejects.toMatchObject(invalid);
      await expect(store.writePart(id, 1, inChunks(upload.part(2)), part)).rejects.toMatchObject(invalid);
      await expect(store.stage(id, { ...upload.size, sizeBytes: 9 })).rejects.toMatchObject(invalid);
      await expect(store.stage('../escape', upload.size)).rejects.toMatchObject(invalid);
      await expect(store.abortStaged('../sha256')).rejects.toMatchObject(invalid);
    });

    it('is forgotten when it is aborted, which may be said twice, also while a part is on its way', async () => {
      const { id, upload } = await staged('aborted', PART_BYTES + 10);
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const part = upload.part(2);
      const chunks = heldAfter(part.subarray(0, 5), released, part.subarray(5));
      const late = store.writePart(id, 2, chunks, described(part)).catch((error: unknown) => error);
      await store.abortStaged(id);
      await store.abortStaged(id);
      release();
      await late;
      await expect(upload.send(store, id, 1)).rejects.toMatchObject({ reason: 'UPLOAD_NOT_FOUND' });
      await expect(store.completeStaged(id, upload.whole)).rejects.toMatchObject({ reason: 'UPLOAD_NOT_FOUND' });
    });

    it('is removed when it was abandoned, and not while it is young', async () => {
      await store.removeAbandoned(0);
      const { id, upload } = await staged('abandoned', PART_BYTES + 10);
      const writer = await store.writer(LIMIT);
      await writer.write(sampleBytes('abandoned writer', 9 * MIB));
      expect(await store.removeAbandoned(60_000)).toBe(0);
      expect(await store.stagedParts(id)).toHaveLength(2);
      expect(await store.removeAbandoned(-1000)).toBe(2);
      await expect(upload.send(store, id, 1)).rejects.toMatchObject({ reason: 'UPLOAD_NOT_FOUND' });
      await writer.discard();
    });
  });

  it('always becomes the plain bytes: any sizes, any order, parts repeated, broken off and at once', async () => {
    await fc.assert(
      fc.asyncProperty(uploads(), async ({ seed, sizeBytes, partBytes, steps }) => {
        const upload = new SampleUpload(sampleBytes(seed, sizeBytes), partBytes);
        const id = randomUUID();
        await store.stage(id, upload.size);
        for (const { parts, breaks } of steps) {
          await Promise.all(
            parts.map(async (pick) => {
              const partNumber = (pick % upload.partNumbers.length) + 1;
              const part = upload.part(partNumber);
              if (!breaks) return upload.send(store, id, partNumber);
              const broken = store.writePart(id, partNumber, brokenAfter(part.subarray(1)), described(part));
              await expect(broken).rejects.toThrow('the client went away');
            }),
          );
        }
        const there = new Set((await store.stagedParts(id)).map(({ partNumber }) => partNumber));
        for (const partNumber of upload.partNumbers) {
          if (!there.has(partNumber)) await upload.send(store, id, partNumber);
        }
        await store.completeStaged(id, upload.whole);
        expect((await store.readAll(upload.whole.sha256)).equals(upload.bytes)).toBe(true);
        await store.delete(upload.whole.sha256);
      }),
      { numRuns: RUNS },
    );
  });
});

function uploads() {
  const step = fc.record({ parts: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), breaks: fc.boolean() });
  return fc.record({
    seed: fc.string(),
    sizeBytes: fc.integer({ min: 1, max: 16 * MIB }),
    partBytes: fc.integer({ min: PART_BYTES, max: 8 * MIB }),
    steps: fc.array(step, { maxLength: 4 }),
  });
}

async function* brokenAfter(bytes: Buffer): AsyncGenerator<Buffer> {
  yield* inChunks(bytes);
  throw new Error('the client went away');
}

async function* heldAfter(first: Buffer, released: Promise<void>, rest: Buffer): AsyncGenerator<Buffer> {
  yield* inChunks(first);
  await released;
  yield* inChunks(rest);
}
