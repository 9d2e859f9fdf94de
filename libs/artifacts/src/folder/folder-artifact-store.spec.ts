import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderArtifactStore } from './folder-artifact-store.js';

const BYTES = Buffer.from('a residual masking network');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const LIMIT = 1000;

describe('FolderArtifactStore', () => {
  let folder: string;
  let store: FolderArtifactStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-artifacts-'));
    store = await FolderArtifactStore.open(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function put(): Promise<void> {
    const writer = await store.writer(LIMIT);
    await writer.write(BYTES.subarray(0, 10));
    await writer.write(BYTES.subarray(10));
    expect(await writer.commit({ sha256: SHA256, sizeBytes: BYTES.length })).toEqual({ sha256: SHA256, sizeBytes: 26 });
  }

  it('gives back what was committed, and stores equal bytes once', async () => {
    await put();
    await put();
    expect(await store.readAll(SHA256)).toEqual(BYTES);
    expect(await readdir(join(folder, 'sha256', SHA256.slice(0, 2)))).toEqual([SHA256]);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it.each([undefined, { offset: 5 }])(
    'has nothing to read where it was deleted after a look at it: %o',
    async (range) => {
      await put();
      vi.spyOn(store, 'stat').mockImplementation(async (sha256) => {
        await store.delete(sha256);
        return { sizeBytes: BYTES.length };
      });
      if (!range) await store.stat(SHA256);
      await expect(Array.fromAsync(store.read(SHA256, range))).rejects.toMatchObject({ reason: 'ARTIFACT_NOT_FOUND' });
    },
  );

  it('shows nothing before the commit, and nothing of an upload that is discarded', async () => {
    const writer = await store.writer(LIMIT);
    await writer.write(BYTES);
    expect(await store.has(SHA256)).toBe(false);
    await writer.discard();
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('refuses bytes that are not the announced ones, and keeps nothing of them', async () => {
    const writer = await store.writer(LIMIT);
    await writer.write(BYTES);
    await expect(writer.commit({ sha256: SHA256.replace(/./, 'f'), sizeBytes: 26 })).rejects.toMatchObject({
      reason: 'DIGEST_MISMATCH',
    });
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('refuses more bytes than allowed', async () => {
    const writer = await store.writer(LIMIT);
    await expect(writer.write(Buffer.alloc(LIMIT + 1))).rejects.toMatchObject({ reason: 'ARTIFACT_TOO_LARGE' });
    await writer.discard();
  });

  it('says DATA_LOSS when one byte changed in the folder, and is healed by the same upload', async () => {
    await put();
    await writeFile(store.path(SHA256), Buffer.from('a residual masking netw0rk'));
    await expect(store.readAll(SHA256)).rejects.toMatchObject({ reason: 'ARTIFACT_CORRUPT', code: 'DATA_LOSS' });
    await put();
    expect(await store.readAll(SHA256)).toEqual(BYTES);
  });

  it('says NOT_FOUND for what it does not have, and never leaves its folder', async () => {
    await expect(store.readAll(SHA256)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(store.readAll('../../../../etc/passwd')).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
  });

  it('removes uploads abandoned for a day when it is opened again, and leaves younger ones', async () => {
    const old = await store.writer(LIMIT);
    await store.writer(LIMIT);
    const [first, second] = await readdir(join(folder, 'incoming'));
    await utimes(join(folder, 'incoming', first), new Date(0), new Date(0));
    await FolderArtifactStore.open(folder);
    expect(await readdir(join(folder, 'incoming'))).toEqual([second]);
    await old.discard();
  });
});
