import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FolderArtifactStore } from './folder/folder-artifact-store.js';
import { openArtifactStore } from './open-artifact-store.js';

it('opens a folder by its path', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resmask-open-'));
  expect(await openArtifactStore(join(folder, 'new'))).toBeInstanceOf(FolderArtifactStore);
  await rm(folder, { recursive: true });
});

it.each(['', 'gs://bucket/models', 'file:///models', 's3://', 's3://UPPER/x', 's3://bucket//x', 's3://bucket/a b'])(
  'says what is allowed instead of "%s"',
  async (location) => {
    await expect(openArtifactStore(location)).rejects.toMatchObject({
      reason: 'CONFIG_INVALID',
      message: `"${location}" is no place for artifacts: give a folder's path, or s3://bucket/prefix (letters, digits, "_", ".", "-" and "/" in the prefix)`,
    });
  },
);

it('does not repeat a password that was put into the location', async () => {
  const { message } = await openArtifactStore('s3://key:secret@bucket').then(
    () => new Error('opened'),
    (error: Error) => error,
  );
  expect(message).toContain('"s3://…@bucket" is no place for artifacts');
});

it('says that the server cannot be reached', async () => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const nowhere = { endpoint: 'http://127.0.0.1:1', pathStyle: true, credentials };
  await expect(openArtifactStore('s3://bucket', nowhere)).rejects.toMatchObject({ reason: 'SERVICE_UNAVAILABLE' });
});
