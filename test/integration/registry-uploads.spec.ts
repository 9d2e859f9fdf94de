import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import {
  encodedImage,
  type RegistryClient,
  ResmaskError,
  Task,
  Upload_State,
  type UploadSource,
} from '@resmask/client';
import { encodeModelFiles } from '@resmask/onnx';
import { specToMessages } from '@resmask/spec-messages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../support/publish.js';
import { samplePhoto } from '../support/samples.js';
import { errorsOf, storm, stormSize } from '../support/storm.js';
import { query } from '../support/test-database.js';
import { PARENT } from '../support/test-platform.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const MIB = 1024 * 1024;
const PART_BYTES = 5 * MIB;

function sourceOf(bytes: Buffer): UploadSource {
  async function* read(offset: number, length: number): AsyncGenerator<Buffer> {
    yield bytes.subarray(offset, offset + length);
  }
  return { sizeBytes: bytes.length, sha256: sha256(bytes), read };
}

describe('uploads', () => {
  let registry: TinyRegistry;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    client = registry.client;
  });
  afterAll(() => registry.stop());

  const fileOf = (path: string, bytes: Buffer) => ({ path, sizeBytes: bytes.length, sha256: sha256(bytes) });
  const storedAt = (digest: string): string =>
    join(registry.platform.folder, 'registry/sha256', digest.slice(0, 2), digest);
  const newModel = async () =>
    (await client.createModel(PARENT, `m-${randomBytes(6).toString('hex')}`, Task.TASK_EXPRESSION)).name;

  it('go on after a kill -9 at every part boundary, sending no part twice, and end with the same bytes', async () => {
    const bytes = randomBytes(3 * PART_BYTES + 1000);
    let name: string | undefined;
    let reads: number[] = [];
    for (let boundary = 1; boundary <= 4; boundary += 1) {
      const source = sourceOf(bytes);
      reads = [];
      async function* read(offset: number, length: number): AsyncGenerator<Uint8Array> {
        const part = offset / PART_BYTES + 1;
        reads.push(part);
        // Whoever asks for the next part has been told that the one before is stored.
        if (part > boundary) {
          await registry.platform.service('registry').kill();
          throw new Error('the sender is gone too');
        }
        yield* source.read(offset, length);
      }
      const sending = client.uploadFile(
        PARENT,
        { ...source, read },
        {
          name,
          partBytes: PART_BYTES,
          concurrency: 1,
          onBegun: (begun) => {
            name = begun;
          },
        },
      );
      if (boundary === 4) {
        expect((await sending).state).toBe(Upload_State.STATE_COMPLETE);
        expect(new Set(reads)).toEqual(new Set([4]));
      } else {
        await expect(sending).rejects.toThrow('the sender is gone too');
        await registry.platform.service('registry').restart();
        const { parts } = await client.getUpload(name ?? '');
        expect(parts.map(({ partNumber }) => partNumber)).toEqual(Array.from({ length: boundary }, (_, i) => i + 1));
      }
    }
    expect(sha256(await readFile(storedAt(sha256(bytes))))).toBe(sha256(bytes));
  });

  it('refuse parts and wholes that are not what was announced, and say which parts are missing', async () => {
    const bytes = randomBytes(PART_BYTES + 10);
    const source = sourceOf(bytes);
    const wrong = { ...source, sha256: sha256(Buffer.from('something else')) };
    await expect(client.uploadFile(PARENT, wrong, { partBytes: PART_BYTES })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'DIGEST_MISMATCH',
    });
    let begun = '';
    async function* read(offset: number, length: number): AsyncGenerator<Uint8Array> {
      if (offset > 0) throw new Error('enough');
      yield* source.read(offset, length);
    }
    const options = {
      partBytes: PART_BYTES,
      onBegun: (name: string) => {
        begun = name;
      },
    };
    await expect(client.uploadFile(PARENT, { ...source, read }, options)).rejects.toThrow('enough');
    await client.deleteUpload(begun);
    await expect(client.getUpload(begun)).rejects.toMatchObject({ code: 'NOT_FOUND', reason: 'UPLOAD_NOT_FOUND' });
  });

  it('are complete at once when the namespace has brought the bytes before, and store them once', async () => {
    const source = sourceOf(randomBytes(1000));
    await client.uploadFile(PARENT, source);
    const again: UploadSource = {
      ...source,
      read: () => {
        throw new Error('nothing needs to be read again');
      },
    };
    expect((await client.uploadFile(PARENT, again)).state).toBe(Upload_State.STATE_COMPLETE);
    // Knowing a digest does not give another tenant the bytes.
    await expect(client.uploadFile('namespaces/other', again)).rejects.toThrow('nothing needs to be read again');
  });

  it('become versions, which are refused while their bytes are not there', async () => {
    const model = await newModel();
    const bytes = tinyModel(77);
    const version = { files: [fileOf('tiny.onnx', bytes)], ...specToMessages(TINY_SPEC) };
    await expect(client.createModelVersion(model, version)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      reason: 'ARTIFACT_NOT_FOUND',
    });
    await client.uploadFile(PARENT, sourceOf(bytes));
    const checked = await client.createModelVersion(model, version, { validateOnly: true });
    expect(checked.name).toBe(`${model}/versions/1`);
    expect((await client.getModel(model)).latestVersion).toBe(0);
    const published = await client.createModelVersion(model, version);
    expect(published).toMatchObject({ name: `${model}/versions/1`, parameterCount: 4, files: version.files });
    const tail = client.downloadModelFile(published.name, 'tiny.onnx', { offset: bytes.length - 10, length: 5 });
    expect(Buffer.concat(await Array.fromAsync(tail))).toEqual(bytes.subarray(-10, -5));
  });

  it('of a byte that was flipped in the store are DATA_LOSS, and the version is not served', async () => {
    const model = await newModel();
    const bytes = tinyModel(78);
    await client.uploadFile(PARENT, sourceOf(bytes));
    const files = [fileOf('tiny.onnx', bytes)];
    const { name } = await client.createModelVersion(model, { files, ...specToMessages(TINY_SPEC) });
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 1] ^= 1;
    await writeFile(storedAt(sha256(bytes)), damaged);
    await expect(Array.fromAsync(client.downloadModelFile(name, 'tiny.onnx'))).rejects.toMatchObject({
      code: 'DATA_LOSS',
      reason: 'ARTIFACT_CORRUPT',
    });
  });

  it('of a graph with its weights beside it make a version that is served like one in one file', async () => {
    const compact = findArchitecture('resmasking-compact');
    const graph = buildGraph(compact, seededWeights(5)).build();
    const { model, data = [] } = encodeModelFiles(graph, { dataFile: 'weights.bin', aboveBytes: 1000 });
    const [graphBytes, weights] = [Buffer.concat(model), Buffer.concat(data)];
    for (const bytes of [graphBytes, weights])
      await client.uploadFile(PARENT, sourceOf(bytes), { partBytes: PART_BYTES });
    const name = await newModel();
    const spec = specToMessages(defaultSpec(compact));
    const files = [fileOf('nets/model.onnx', graphBytes), fileOf('nets/weights.bin', weights)];
    await expect(client.createModelVersion(name, { ...spec, files: [files[0]] })).rejects.toMatchObject({
      reason: 'GRAPH_SPEC_MISMATCH',
      message: expect.stringContaining("the graph's weights lie in nets/weights.bin, which the manifest lacks"),
    });
    const version = await client.createModelVersion(name, { ...spec, files });
    expect(version.parameterCount).toBe(2_546_895);
    const whole = await registry.platform.publishUntrained('in-one-file', 5);
    await registry.platform.startInference();
    const image = encodedImage(await samplePhoto(1));
    const regions = [{ area: { $case: 'wholeFrame' as const, value: {} } }];
    const answers = await Promise.all(
      [version.name, whole].map((reference) => {
        const [, , , id, , number] = reference.split('/');
        return registry.platform.inference.recognize({ image, regions, model: `${id}/${number}` });
      }),
    );
    expect(answers[0].faces[0].probabilities).toEqual(answers[1].faces[0].probabilities);
  });
});

describe('ensembles', () => {
  let registry: TinyRegistry;
  let client: RegistryClient;

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    client = registry.client;
  });
  afterAll(() => registry.stop());

  it('have members with equal weights by default, and the labels these agree on', async () => {
    const [first, second] = [await registry.model(2), await registry.model(1)];
    const members = [`${first}/versions/2`, `${second}/versions/1`].map((version) => ({ version, weight: 0 }));
    const ensemble = await client.createModelVersion(await registry.model(), { members });
    expect(ensemble).toMatchObject({ files: [], inputSpec: undefined, parameterCount: 8 });
    expect(ensemble.members).toEqual(members.map(({ version }) => ({ version, weight: 1 })));
    expect(ensemble.outputSpec?.kind).toMatchObject({ value: { labels: ['happy', 'sad'], values: 2 } });
    expect(await client.getModelVersion(ensemble.name)).toEqual(ensemble);
  });

  it('refuse ensembles as members, deleted ones, one twice, and too few', async () => {
    const model = await registry.model(3);
    const member = (number: number) => ({ version: `${model}/versions/${number}`, weight: 1 });
    const { name } = await client.createModelVersion(model, { members: [member(1), member(2)] });
    await expect(
      client.createModelVersion(model, { members: [member(1), { version: name, weight: 1 }] }),
    ).rejects.toMatchObject({ reason: 'MEMBER_UNUSABLE', message: expect.stringContaining('an ensemble itself') });
    await client.deleteModelVersion(`${model}/versions/3`);
    await expect(client.createModelVersion(model, { members: [member(1), member(3)] })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('one of them is deleted'),
    });
    await expect(client.createModelVersion(model, { members: [member(1), member(1)] })).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
    });
    await expect(client.createModelVersion(model, { members: [member(1)] })).rejects.toMatchObject({
      message: expect.stringContaining('there are 1; allowed are 2 to 64'),
    });
    expect((await client.getModel(model)).latestVersion).toBe(4);
  });

  it('keep their members from being deleted, by name, until they are deleted themselves', async () => {
    const model = await registry.model(2);
    const members = [1, 2].map((number) => ({ version: `${model}/versions/${number}`, weight: number }));
    const ensemble = await client.createModelVersion(await registry.model(), { members });
    await expect(client.deleteModelVersion(`${model}/versions/2`)).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'RESOURCE_IN_USE',
      metadata: { holders: ensemble.name },
    });
    await client.deleteModelVersion(ensemble.name);
    await client.deleteModelVersion(`${model}/versions/2`);
    await expect(client.undeleteModelVersion(ensemble.name)).rejects.toMatchObject({ reason: 'VERSION_NOT_READY' });
    await client.undeleteModelVersion(`${model}/versions/2`);
    await client.undeleteModelVersion(ensemble.name);
  });
});

describe('the collection of what nothing refers to', () => {
  it('takes no referred byte away, however it races with registrations, and leaves nothing else', async () => {
    const registry = await TinyRegistry.start({ RESMASK_GC_INTERVAL_MS: '20', RESMASK_GC_GRACE_MS: '0' });
    try {
      const model = await registry.model();
      const rounds = stormSize(1000);
      const results = await storm(rounds, 8, async (round) => {
        for (let attempt = 0; ; attempt += 1) {
          try {
            return await registry.publish(model, 1000 + round);
          } catch (error) {
            // The bytes were collected before anything referred to them: the caller is told to try again.
            if (!wasCollected(error) || attempt > 50) throw error;
          }
        }
      });
      expect(errorsOf(results)).toEqual([]);
      const files = await query<{ digest: string }>(
        registry.platform.databaseUrl,
        "SELECT DISTINCT encode(sha256, 'hex') AS digest FROM registry.version_file",
      );
      expect(files.length).toBe(rounds);
      for (const version of await Array.fromAsync(registry.client.listModelVersions(model)))
        expect(await Array.fromAsync(registry.client.downloadModelFile(version.name, 'model.onnx'))).not.toEqual([]);
      const orphan = randomBytes(2000);
      await registry.client
        .uploadFile(PARENT, sourceOf(orphan))
        .catch((error) => expect(wasCollected(error)).toBe(true));
      const path = join(registry.platform.folder, 'registry/sha256', sha256(orphan).slice(0, 2), sha256(orphan));
      await expect.poll(() => readFile(path).catch(() => 'gone'), { timeout: 30_000 }).toBe('gone');
    } finally {
      await registry.stop();
    }
  });
});

function wasCollected(error: unknown): boolean {
  return error instanceof ResmaskError && error.reason === 'CONCURRENT_CHANGE';
}
