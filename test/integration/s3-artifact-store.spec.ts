import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { openArtifactStore } from '@resmask/artifacts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINIO_THERE, MinioServer } from '../support/minio-server.js';
import { described, PART_BYTES, SampleUpload, sampleBytes } from '../support/sample-upload.js';

const SENDER = fileURLToPath(new URL('../support/part-sender.ts', import.meta.url));
const LOCATION = `s3://${MinioServer.bucket}/store`;
const POLL_EVERY_MS = 2;

describe.skipIf(!MINIO_THERE)('a store in S3', () => {
  let server: MinioServer;
  beforeAll(async () => {
    server = await MinioServer.start();
  });
  afterAll(() => server.stop());

  async function keys(): Promise<string[]> {
    const { Contents = [] } = await server.client().send(new ListObjectsV2Command({ Bucket: MinioServer.bucket }));
    return Contents.map(({ Key = '' }) => Key);
  }

  /** MinIO lists unfinished uploads only by their whole key. */
  async function unfinishedCopies(sha256: string): Promise<number> {
    const name = { Bucket: MinioServer.bucket, Prefix: `store/sha256/${sha256.slice(0, 2)}/${sha256}` };
    return (await server.client().send(new ListMultipartUploadsCommand(name))).Uploads?.length ?? 0;
  }

  it('keeps to its prefix and leaves nothing but the artifact, small or large, written or staged', async () => {
    const store = await openArtifactStore(LOCATION, server.options);
    const expected: string[] = [];
    for (const sizeBytes of [10, 20_000_000]) {
      const bytes = sampleBytes('written', sizeBytes);
      const writer = await store.writer(sizeBytes);
      await writer.write(bytes);
      const { sha256 } = await writer.commit();
      expected.push(`store/sha256/${sha256.slice(0, 2)}/${sha256}`);
    }
    const upload = new SampleUpload(sampleBytes('staged', PART_BYTES + 1));
    const id = randomUUID();
    await store.stage(id, upload.size);
    for (const partNumber of [1, 2]) await upload.send(store, id, partNumber);
    await store.completeStaged(id, upload.whole);
    const { sha256 } = upload.whole;
    expected.push(`store/sha256/${sha256.slice(0, 2)}/${sha256}`, `store/completed/${id}`);
    expect((await keys()).sort()).toEqual(expected.sort());
  });

  it('removes what a process that was killed in the middle of a completion left', async () => {
    const store = await openArtifactStore(LOCATION, server.options);
    const sizeBytes = 8 * PART_BYTES;
    const seed = 'killed in the copy';
    const { whole, partNumbers } = new SampleUpload(sampleBytes(seed, sizeBytes));
    const work = { location: LOCATION, s3: server.options, id: randomUUID(), seed, sizeBytes, partNumbers };
    const child = fork(SENDER, [JSON.stringify({ ...work, complete: true })]);
    await killWhen(child, async () => (await keys()).some((key) => key.startsWith('store/copies/')));
    expect([await unfinishedCopies(whole.sha256), await store.has(whole.sha256)]).toEqual([1, false]);
    expect(await store.removeAbandoned(-1000)).toBe(1);
    expect(await unfinishedCopies(whole.sha256)).toBe(0);
    expect((await keys()).filter((key) => !key.startsWith('store/sha256/'))).toEqual([]);
  });

  it.each([
    ['a bucket that is not there', 's3://no-such-bucket', {}, 'there is no such bucket'],
    ['another secret', LOCATION, { secretAccessKey: 'of-somebody-else' }, 'access was refused'],
  ])('says what is wrong with %s', async (_, location, other, says) => {
    const credentials = { accessKeyId: 'resmask-test', secretAccessKey: 'a-secret-nobody-logs', ...other };
    const opening = openArtifactStore(location, { ...server.options, credentials });
    await expect(opening).rejects.toMatchObject({
      reason: 'CONFIG_INVALID',
      message: expect.stringContaining(says),
    });
  });

  it('says UNAVAILABLE when the server is gone, and shows no credentials in what it throws', async () => {
    const gone = await MinioServer.start();
    const store = await openArtifactStore(LOCATION, gone.options);
    await gone.stop();
    const bytes = sampleBytes('gone', 1000);
    const { sha256 } = described(bytes);
    const errors: unknown[] = [];
    for (const work of [
      () => store.readAll(sha256),
      () => store.stat(sha256),
      () => Array.fromAsync(store.list()),
      () => store.stage(randomUUID(), { sizeBytes: 1, partBytes: 1 }),
      () => store.delete(sha256),
    ]) {
      await work().catch((error: unknown) => errors.push(error));
    }
    expect(errors).toEqual(Array.from({ length: 5 }, () => expect.objectContaining({ reason: 'SERVICE_UNAVAILABLE' })));
    const shown = inspect(errors, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(shown).not.toMatch(/resmask-test\/|a-secret-nobody-logs|AWS4-HMAC/);
  });
});

async function killWhen(child: ChildProcess, reached: () => Promise<boolean>): Promise<void> {
  const exited = once(child, 'exit');
  let completed = false;
  child.on('message', (message: { answered?: unknown }) => {
    completed = message.answered === 'completing';
  });
  while (!completed && child.exitCode === null && !(await reached())) await sleep(POLL_EVERY_MS);
  child.kill('SIGKILL');
  await exited;
  expect(completed).toBe(false);
}
