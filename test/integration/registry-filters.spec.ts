import { type ListOptions, type RegistryClient, Task } from '@resmask/client';
import type { ListModelVersionsRequest, ListModelVersionsResponse } from '@resmask/contracts/registry.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryCalls } from '../support/registry-calls.js';
import { query } from '../support/test-database.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const PARENT = 'namespaces/filters';
const INJECTIONS = [`'; DROP TABLE registry.model; --`, `' OR '1'='1`, '$1', '%', '_', '\\', `"`, 'x\u2028', '{}', '*'];
const FACES = { team: 'vision', 'example.com/cost-centre': '9', stage: INJECTIONS[0] };
const SMALL = { team: 'research', 'example.com/cost-centre': '10' };

describe('filters and orders of lists', () => {
  let registry: TinyRegistry;
  let client: RegistryClient;
  let calls: RegistryCalls;
  let model: string;

  const ids = async (list: AsyncIterable<{ name: string }>): Promise<string> =>
    (await Array.fromAsync(list)).map(({ name }) => name.split('/').at(-1)).join(' ');
  const models = (filter: string, orderBy = ''): Promise<string> => ids(client.listModels(PARENT, { filter, orderBy }));
  const versions = (filter: string, options: ListOptions = {}): Promise<string> =>
    ids(client.listModelVersions(model, { filter, ...options }));
  const refused = (message: string, field = 'filter') => ({
    code: 'INVALID_ARGUMENT',
    reason: 'FIELD_INVALID',
    violations: [{ field, description: expect.stringContaining(message) }],
  });

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    client = registry.client;
    calls = new RegistryCalls(registry.platform.service('registry').address);
    await client.createModel(PARENT, 'faces', Task.TASK_FACE, { description: 'finds Faces', labels: FACES });
    await client.createModel(PARENT, 'small', Task.TASK_EXPRESSION, { description: `50% of "large"`, labels: SMALL });
    model = (await client.createModel(PARENT, 'large', Task.TASK_EXPRESSION, { description: INJECTIONS.join(' ') }))
      .name;
    for (const seed of [1, 2, 3, 4]) await registry.publish(model, seed);
    const tags = (accuracy: number, stage: string, signed: boolean) => ({
      accuracy: { value: { $case: 'number' as const, value: accuracy } },
      'run.loss-1': { value: { $case: 'number' as const, value: accuracy / 10 } },
      stage: { value: { $case: 'text' as const, value: stage } },
      signed: { value: { $case: 'flag' as const, value: signed } },
    });
    await client.updateModelVersion(`${model}/versions/1`, { tags: tags(9, 'trial', true), description: 'first Try' });
    await client.updateModelVersion(`${model}/versions/2`, { tags: tags(10, '10', false) });
    const text = { accuracy: { value: { $case: 'text' as const, value: '9' } } };
    await client.updateModelVersion(`${model}/versions/3`, { tags: text });
    await client.archiveModelVersion(`${model}/versions/3`);
    await client.setAlias(`${model}/aliases/production`, `${model}/versions/2`, '');
  });
  afterAll(async () => {
    calls.close();
    await registry.stop();
  });

  it.each([
    ['', 'faces large small'],
    ['task = TASK_FACE', 'faces'],
    ['task != TASK_FACE', 'large small'],
    ['model_id = "small" OR model_id = large', 'large small'],
    ['model_id > faces AND model_id < small', 'large'],
    ['model_id:AL', 'small'],
    ['description:"50%"', 'small'],
    ['description:faces', 'faces'],
    ['latest_version >= 4', 'large'],
    ['latest_version = 0 AND NOT task = TASK_FACE', 'small'],
    ['aliases:production', 'large'],
    ['-aliases:production', 'faces small'],
    ['labels:team', 'faces small'],
    ['-labels:team', 'large'],
    ['labels.team = vision OR labels.team = "research"', 'faces small'],
    ['labels.team != vision', 'small'],
    ['NOT labels.team = vision', 'large small'],
    ['labels.team:*', 'faces small'],
    ['labels.example.com/cost-centre = 9', 'faces'],
    ['labels.example.com/cost-centre > 0', ''],
    ['labels:example.com/cost-centre AND -labels:stage', 'small'],
    ['labels.constructor = x', ''],
    ['create_time > "2001-01-01T00:00:00Z" AND update_time < 9999-12-31T23:59:59.999999999Z', 'faces large small'],
    ['create_time < 2001-01-01T00:00:00+02:00', ''],
  ])('models: %s', async (filter, expected) => {
    expect(await models(filter)).toBe(expected);
  });

  it.each([
    ['version > 2', '4 3'],
    ['version != 2 AND version <= 3e0', '3 1'],
    ['version > 1e300', ''],
    ['state = STATE_ARCHIVED', '3'],
    ['state = STATE_DELETED', ''],
    ['kind = single AND NOT kind = ensemble', '4 3 2 1'],
    ['parameter_count > 0 AND size_bytes > 10 AND size_bytes < 1000000', '4 3 2 1'],
    ['description:"first try" OR aliases:production', '2 1'],
    ['licence = "" AND lineage.code_revision = ""', '4 3 2 1'],
    ['tags:stage', '2 1'],
    ['-tags.accuracy:*', '4'],
    ['tags.accuracy = 9', '3 1'],
    ['tags.accuracy = "9"', '3'],
    ['tags.accuracy > 9', '2'],
    ['tags.accuracy != 9', '2'],
    ['NOT tags.accuracy = 9', '4 2'],
    ['tags.run.loss-1 < 1', '1'],
    ['tags.stage = trial OR tags.stage = 10', '2 1'],
    ['tags.signed = true', '1'],
    ['tags.signed = "true"', ''],
    ['tags.constructor = 1 OR tags:__proto__', ''],
  ])('versions: %s', async (filter, expected) => {
    expect(await versions(filter)).toBe(expected);
  });

  it('find times and digests as answers tell them', async () => {
    const { digest, createTime } = await client.getModelVersion(`${model}/versions/2`);
    const { seconds = 0, nanos = 0 } = createTime ?? {};
    const time = new Date(seconds * 1000 + nanos / 1e6).toISOString();
    expect(await versions(`digest = "${digest}" AND create_time = "${time}"`)).toBe('2');
    expect(await versions(`digest:${digest.slice(0, 12)} AND create_time != ${time}`)).toBe('');
  });

  it.each([
    [
      'models',
      'size = 1',
      'got "size" at position 1; allowed are model_id, task, description, latest_version, aliases, labels.NAME, create_time, update_time',
    ],
    ['models', 'labels = x', 'the operators of labels are :'],
    ['models', 'labels.Team = x', 'got "Team" at position 8; a key of labels has 1 to 63 lower-case letters'],
    ['models', 'labels:"a b"', 'got "a b" at position 8; a key of labels has 1 to 63 lower-case letters'],
    ['versions', 'version = 1 AND v.digest = x', 'got "v.digest" at position 17; allowed are version, state, kind,'],
    ['versions', 'labels.x = 1', 'aliases, tags.NAME, create_time'],
    ['versions', 'constructor = 1', 'got "constructor" at position 1'],
    ['versions', '__proto__.x = 1', 'got "__proto__.x" at position 1'],
    ['versions', 'version = three', 'got "three" at position 11; version is compared with a number, without quotes'],
    ['versions', 'version = "3"', 'version is compared with a number, without quotes'],
    ['versions', 'version > 1e999', 'version is compared with a number'],
    ['versions', 'version : 3', 'got version with : at position 1; the operators of version are = != < <= > >='],
    [
      'versions',
      'state = ready',
      'got "ready" at position 9; state is one of STATE_READY, STATE_ARCHIVED, STATE_DELETED',
    ],
    ['versions', 'state = toString', 'state is one of'],
    ['versions', 'state > STATE_READY', 'the operators of state are = !='],
    ['versions', 'tags = 1', 'the operators of tags are :'],
    ['versions', 'tags. = 1', 'got "" at position 6; a key of tags has 1 to 63 letters'],
    ['versions', 'tags:"a b"', 'got "a b" at position 6; a key of tags has 1 to 63 letters'],
    [
      'versions',
      'create_time > yesterday',
      'got "yesterday" at position 15; create_time is compared with a time such as',
    ],
    ['versions', 'create_time > "2026-02-30T00:00:00Z"', 'create_time is compared with a time'],
    ['versions', 'create_time > "0000-01-01T00:00:00Z"', 'create_time is compared with a time'],
    ['versions', 'create_time > "0001-01-01T00:00:00+01:00"', 'create_time is compared with a time'],
    ['versions', 'create_time > "9999-12-31T23:59:59-01:00"', 'create_time is compared with a time'],
    ['versions', 'version = 1; DROP TABLE registry.model', 'got "DROP" at position 14; AND, OR or the end is needed'],
    ['versions', 'description = "\0"', 'got the character U+0000 at position 16'],
  ])('%s are refused %j', async (list, filter, message) => {
    await expect(list === 'models' ? models(filter) : versions(filter)).rejects.toMatchObject(refused(message));
  });

  it('take what looks like SQL for a text', async () => {
    for (const text of INJECTIONS) {
      const quoted = `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
      expect(await models(`description:${quoted} AND model_id = large`)).toBe('large');
      expect(await models(`description = ${quoted} OR model_id = ${quoted} OR labels.team = ${quoted}`)).toBe('');
      expect(await versions(`tags.stage = ${quoted} OR licence = ${quoted} OR aliases:${quoted}`)).toBe('');
    }
    const [{ count }] = await query<{ count: number }>(
      registry.platform.databaseUrl,
      'SELECT count(*)::int AS count FROM registry.model WHERE namespace = $1',
      ['filters'],
    );
    expect(count).toBe(3);
  });

  it.each([
    ['latest_version desc, model_id desc', 'large small faces'],
    ['latest_version', 'faces small large'],
    ['create_time', 'faces small large'],
    ['create_time desc', 'large small faces'],
  ])('models by %s', async (orderBy, expected) => {
    expect(await models('', orderBy)).toBe(expected);
  });

  it.each([
    ['version', '1 2 3 4'],
    ['architecture', '4 3 2 1'],
    ['architecture desc, version', '1 2 3 4'],
    ['size_bytes, parameter_count desc, create_time asc', '1 2 3 4'],
    ['update_time', '4 1 2 3'],
  ])('versions by %s, in one page and in pages of one', async (orderBy, expected) => {
    expect(await versions('', { orderBy })).toBe(expected);
    expect((await pages('', orderBy)).join(' ')).toBe(expected);
  });

  it('page through what a filter leaves', async () => {
    expect(await pages('tags:accuracy', '')).toEqual(['3', '2', '1']);
    expect(await pages('-aliases:production', 'architecture, version asc')).toEqual(['1', '3', '4']);
  });

  it('refuse orders by other fields', async () => {
    const message =
      'got "digest"; allowed are version, architecture, parameter_count, size_bytes, create_time, update_time';
    await expect(versions('', { orderBy: 'digest' })).rejects.toMatchObject(refused(message, 'order_by'));
    await expect(models('', 'model_id; DROP TABLE x')).rejects.toMatchObject(refused('a field, then', 'order_by'));
  });

  it('refuse what is long with an error that still reaches the caller', async () => {
    const long = '€'.repeat(1000);
    await expect(versions(`${long} = 1`)).rejects.toMatchObject(refused('€…" at position 1; allowed are version'));
    await expect(versions(`state = ${long}`)).rejects.toMatchObject(refused('€…" at position 9; state is one of'));
    await expect(versions(`tags.${long} = 1`)).rejects.toMatchObject(refused('€…" at position 6; a key of tags'));
    await expect(versions('', { orderBy: long })).rejects.toMatchObject(
      refused('€…"; allowed are version', 'order_by'),
    );
  });

  it('refuse a page token of another filter or order, and one made up', async () => {
    const { nextPageToken } = await page('version > 1', 'version', '');
    expect(nextPageToken).not.toBe('');
    const other = { code: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' };
    await expect(page('version > 2', 'version', nextPageToken)).rejects.toMatchObject(other);
    await expect(page('', 'version', nextPageToken)).rejects.toMatchObject(other);
    await expect(page('version > 1', 'version desc', nextPageToken)).rejects.toMatchObject(other);
    const [, digest] = JSON.parse(Buffer.from(nextPageToken, 'base64url').toString());
    for (const key of ['["x"]', '["1","2"]', '["99999999999999999999"]', '[1]', '[]', '{}', 'x']) {
      const token = Buffer.from(JSON.stringify([key, digest])).toString('base64url');
      await expect(page('version > 1', 'version', token)).rejects.toMatchObject(other);
    }
  });

  function page(filter: string, orderBy: string, pageToken: string) {
    const request = { parent: model, pageSize: 1, pageToken, showDeleted: false, filter, orderBy };
    return calls.call<ListModelVersionsRequest, ListModelVersionsResponse>((stub) => stub.listModelVersions, request);
  }

  async function pages(filter: string, orderBy: string): Promise<string[]> {
    const numbers: string[] = [];
    let token = '';
    do {
      const { modelVersions, nextPageToken } = await page(filter, orderBy, token);
      numbers.push(...modelVersions.map(({ name }) => name.split('/').at(-1) ?? ''));
      token = nextPageToken;
    } while (token !== '');
    return numbers;
  }
});
