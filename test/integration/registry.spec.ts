import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { type RegistryClient, ResmaskError, Task } from '@resmask/client';
import type { ModelSpec } from '@resmask/model-spec';
import { encodeModel } from '@resmask/onnx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newVersion, once, publish, sha256 } from '../support/publish.js';
import { query } from '../support/test-database.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const compact = findArchitecture('resmasking-compact');
const spec = defaultSpec(compact);
const BYTES = Buffer.from(encodeModel(buildGraph(compact, seededWeights(1)).build()));

describe('the registry', () => {
  let platform: TestPlatform;
  let registry: RegistryClient;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    registry = platform.registry;
  });
  afterAll(() => platform.stop());

  const modelName = (model: string): string => `${PARENT}/models/${model}`;
  const upload = (model: string, bytes = BYTES, modelSpec: ModelSpec = spec, requestId = '') =>
    registry.uploadModelVersion(modelName(model), newVersion(bytes, modelSpec), once(bytes), { requestId });
  const newModel = async (task = Task.TASK_EXPRESSION): Promise<string> => {
    const model = `m-${randomUUID()}`;
    await registry.createModel(PARENT, model, task);
    return model;
  };

  describe('publishing', () => {
    it('keeps what it answered through a kill -9 right after the answer', async () => {
      const model = await newModel();
      const published = await upload(model);
      await platform.service('registry').kill();
      await platform.service('registry').restart();
      const found = await registry.getModelVersion(published.name);
      expect(found).toEqual(published);
      const bytes = Buffer.concat(await Array.fromAsync(registry.downloadModelFile(found.name, 'model.onnx')));
      expect(sha256(bytes)).toBe(sha256(BYTES));
    });

    it('counts the parameters of the graph and tells the specification back', async () => {
      const version = await upload(await newModel());
      expect(version.parameterCount).toBe(2_546_895);
      expect(version.digest).toMatch(/^[0-9a-f]{64}$/);
      expect(version.outputSpec?.kind).toMatchObject({
        $case: 'expression',
        value: { labels: spec.output.task === 'expression' ? spec.output.labels : [] },
      });
    });

    it('gives concurrent publishers distinct consecutive numbers, and stores their equal bytes once', async () => {
      const model = await newModel();
      const versions = await Promise.all(Array.from({ length: 20 }, () => upload(model)));
      const numbers = versions.map(({ name }) => Number(name.split('/').at(-1))).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect((await registry.getModel(modelName(model))).latestVersion).toBe(20);
      const blobs = await query<{ count: number }>(
        platform.databaseUrl,
        'SELECT count(*)::integer AS count FROM registry.artifact_blob WHERE sha256 = $1',
        [Buffer.from(sha256(BYTES), 'hex')],
      );
      expect(blobs).toEqual([{ count: 1 }]);
    });

    it('leaves no gap in the numbers and nothing in the store when an upload is refused or abandoned', async () => {
      const model = await newModel();
      const wrong = {
        ...newVersion(BYTES, spec),
        files: [{ path: 'model.onnx', sizeBytes: BYTES.length, sha256: '0'.repeat(64) }],
      };
      await expect(registry.uploadModelVersion(modelName(model), wrong, once(BYTES))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'DIGEST_MISMATCH',
      });
      await expect(
        registry.uploadModelVersion(modelName(model), newVersion(BYTES, spec), once(BYTES.subarray(0, 1000))),
      ).rejects.toMatchObject({
        reason: 'DIGEST_MISMATCH',
      });
      expect((await upload(model)).name).toBe(`${modelName(model)}/versions/1`);
    });

    it('answers a repeated request id with the first version, and refuses it for another request', async () => {
      const model = await newModel();
      const requestId = randomUUID();
      const answers = await Promise.all(Array.from({ length: 5 }, () => upload(model, BYTES, spec, requestId)));
      expect(new Set(answers.map(({ name }) => name))).toEqual(new Set([`${modelName(model)}/versions/1`]));
      expect((await registry.getModel(modelName(model))).latestVersion).toBe(1);
      const other = Buffer.from(encodeModel(buildGraph(compact, seededWeights(2)).build()));
      await expect(upload(model, other, spec, requestId)).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    });

    it('refuses a text file', async () => {
      const text = Buffer.from('This is a shopping list, not a network.\n'.repeat(10));
      await expect(upload(await newModel(), text)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        reason: 'NOT_ONNX',
      });
    });

    it('refuses a graph with another number of outputs than labels, and says what the graph has', async () => {
      const sixLabels: ModelSpec = {
        ...spec,
        output: {
          task: 'expression',
          tensor: 'logits',
          values: 'logits',
          labels: ['angry', 'disgust', 'fear', 'happy', 'sad', 'neutral'],
        },
      };
      const refused = upload(await newModel(), BYTES, sixLabels);
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'GRAPH_SPEC_MISMATCH' });
      await expect(refused).rejects.toThrow('there are 6 labels, the graph has "logits" float32 batch×7');
    });

    it('refuses a graph without the named input or of another size', async () => {
      const otherInput = { ...spec, input: { ...spec.input, tensor: 'pixels' } };
      await expect(upload(await newModel(), BYTES, otherInput)).rejects.toThrow(
        'the graph has no input "pixels"; it has "input" float32 batch×1×48×48',
      );
      const otherSize = { ...spec, input: { ...spec.input, height: 64 } };
      await expect(upload(await newModel(), BYTES, otherSize)).rejects.toThrow(
        'batch×1×64×48 in NCHW order with a free batch size is needed',
      );
    });

    it('refuses a classifier as a version of a detector', async () => {
      await expect(upload(await newModel(Task.TASK_FACE))).rejects.toMatchObject({ reason: 'TASK_MISMATCH' });
    });

    it('refuses a version of a model that does not exist', async () => {
      await expect(upload('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND', reason: 'MODEL_NOT_FOUND' });
    });

    it('says DATA_LOSS when a stored byte changed', async () => {
      const bytes = Buffer.from(encodeModel(buildGraph(compact, seededWeights(3)).build()));
      const { name } = await upload(await newModel(), bytes);
      const digest = sha256(bytes);
      const damaged = Buffer.from(bytes);
      damaged[1000] ^= 1;
      await writeFile(join(platform.folder, 'registry/sha256', digest.slice(0, 2), digest), damaged);
      const download = Array.fromAsync(registry.downloadModelFile(name, 'model.onnx'));
      await expect(download).rejects.toMatchObject({ code: 'DATA_LOSS', reason: 'ARTIFACT_CORRUPT' });
    });
  });

  describe('aliases', () => {
    it('resolve name, name@alias and name/version, and follow a promotion', async () => {
      const model = `m-${randomUUID()}`;
      const first = await publish(registry, model, BYTES, spec, 'production');
      const second = await publish(registry, model, BYTES, spec, 'candidate');
      const resolve = async (reference: string): Promise<string> =>
        (await registry.resolveModelVersion(PARENT, reference)).name;
      expect(await resolve(model)).toBe(first);
      expect(await resolve(`${model}@candidate`)).toBe(second);
      expect(await resolve(`${model}/1`)).toBe(first);
      await publish(registry, model, BYTES, spec, 'production');
      expect(await resolve(model)).toBe(`${modelName(model)}/versions/3`);
      expect((await registry.getModelVersion(`${modelName(model)}/versions/3`)).aliases).toEqual(['production']);
      expect((await registry.getModelVersion(first)).aliases).toEqual([]);
    });

    it('let one of many concurrent promotions win, and tell the others the current etag', async () => {
      const model = `m-${randomUUID()}`;
      const version = await publish(registry, model, BYTES, spec, 'production');
      const name = `${modelName(model)}/aliases/production`;
      const { etag } = await registry.getAlias(name);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => registry.setAlias(name, version, etag)),
      );
      const won = outcomes.filter(({ status }) => status === 'fulfilled');
      const current = await registry.getAlias(name);
      expect(won).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toBeInstanceOf(ResmaskError);
        expect(outcome.reason).toMatchObject({
          code: 'ABORTED',
          reason: 'ETAG_MISMATCH',
          metadata: { etag: current.etag },
        });
      }
    });

    it('are created once by concurrent creators', async () => {
      const model = `m-${randomUUID()}`;
      const version = await publish(registry, model, BYTES, spec);
      const name = `${modelName(model)}/aliases/production`;
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => registry.setAlias(name, version, '')));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await registry.getAlias(name)).etag).toBe('1');
    });

    it('refuse versions that do not exist, versions of other models, numbers and "latest"', async () => {
      const model = `m-${randomUUID()}`;
      const version = await publish(registry, model, BYTES, spec);
      const set = (alias: string, target: string) =>
        registry.setAlias(`${modelName(model)}/aliases/${alias}`, target, '');
      await expect(set('production', `${modelName(model)}/versions/9`)).rejects.toMatchObject({
        reason: 'VERSION_NOT_FOUND',
      });
      const other = await publish(registry, `m-${randomUUID()}`, BYTES, spec);
      await expect(set('production', other)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await expect(set('7', version)).rejects.toMatchObject({ reason: 'RESOURCE_NAME_INVALID' });
      await expect(set('latest', version)).rejects.toMatchObject({ reason: 'RESOURCE_NAME_INVALID' });
    });

    it('keep the history of every move', async () => {
      const model = `m-${randomUUID()}`;
      await publish(registry, model, BYTES, spec, 'production');
      await publish(registry, model, BYTES, spec, 'production');
      const events = await query(
        platform.databaseUrl,
        `SELECT old_version, new_version FROM registry.alias_event e JOIN registry.model m ON m.id = e.model WHERE m.model_id = $1 ORDER BY e.id`,
        [model],
      );
      expect(events).toEqual([
        { old_version: null, new_version: 1 },
        { old_version: 1, new_version: 2 },
      ]);
    });
  });

  describe('lists', () => {
    it('give every model once, page by page, in alphabetical order', async () => {
      const parent = 'namespaces/pages';
      const ids = Array.from({ length: 55 }, (_, i) => `model-${String(i).padStart(2, '0')}`);
      await Promise.all(ids.map((id) => registry.createModel(parent, id, Task.TASK_EXPRESSION)));
      const listed = await Array.fromAsync(registry.listModels(parent));
      expect(listed.map(({ name }) => name)).toEqual(ids.map((id) => `${parent}/models/${id}`));
    });

    it('give versions newest first', async () => {
      const model = `m-${randomUUID()}`;
      for (let i = 0; i < 3; i += 1) await publish(registry, model, BYTES, spec);
      const listed = await Array.fromAsync(registry.listModelVersions(modelName(model)));
      expect(listed.map(({ name }) => Number(name.split('/').at(-1)))).toEqual([3, 2, 1]);
    });
  });

  describe('the database itself', () => {
    it('refuses to change a published version', async () => {
      const { name } = await upload(await newModel());
      const change = (column: string, value: string) =>
        query(
          platform.databaseUrl,
          `UPDATE registry.model_version SET ${column} = ${value} WHERE model = (SELECT id FROM registry.model WHERE model_id = $1)`,
          [name.split('/')[3]],
        );
      await expect(change('digest', `decode(repeat('00', 32), 'hex')`)).rejects.toThrow('is immutable');
      await expect(change('version', '7')).rejects.toThrow('is immutable');
      await expect(change('input_spec', `'{}'`)).rejects.toThrow('is immutable');
      await change('description', `'a better text'`);
    });

    it('lets the service touch its own schema only', async () => {
      const asService = (sql: string) => query(platform.databaseUrl, `SET ROLE resmask_registry; ${sql}`);
      await query(
        platform.databaseUrl,
        'CREATE SCHEMA IF NOT EXISTS evaluation; CREATE TABLE IF NOT EXISTS evaluation.secret (id integer)',
      );
      await expect(asService('SELECT * FROM evaluation.secret')).rejects.toThrow(
        'permission denied for schema evaluation',
      );
      await expect(asService('DELETE FROM registry.model_version')).rejects.toThrow('permission denied');
      await expect(asService('UPDATE registry.alias_event SET reason = $$x$$')).rejects.toThrow('permission denied');
      await asService('SELECT * FROM registry.model');
    });
  });
});
