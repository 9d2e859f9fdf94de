import { createHash } from 'node:crypto';
import { AliasEvent_Kind, State } from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RegistryCalls } from '../support/registry-calls.js';
import { query } from '../support/test-database.js';
import { PARENT } from '../support/test-platform.js';
import { TinyRegistry } from '../support/tiny-registry.js';

describe('the life of models, versions and aliases', () => {
  let registry: TinyRegistry;

  beforeAll(async () => {
    registry = await TinyRegistry.start();
  });
  afterAll(() => registry.stop());

  const ids = async (list: AsyncIterable<{ name: string }>): Promise<string[]> =>
    (await Array.fromAsync(list)).map(({ name }) => name.split('/').at(-1) ?? '');

  describe('versions', () => {
    it('may change their description and tags, and nothing else', async () => {
      const model = await registry.model(1);
      const name = `${model}/versions/1`;
      const before = await registry.client.getModelVersion(name);
      const tags = {
        stage: { value: { $case: 'text' as const, value: 'trial' } },
        accuracy: { value: { $case: 'number' as const, value: 0.69 } },
        signed: { value: { $case: 'flag' as const, value: false } },
      };
      const tagged = await registry.client.updateModelVersion(name, { tags });
      expect(tagged).toMatchObject({ tags, description: before.description, digest: before.digest });
      const described = await registry.client.updateModelVersion(name, { description: 'better' }, tagged.etag);
      expect(described).toMatchObject({ tags, description: 'better' });
      await expect(
        registry.client.updateModelVersion(name, { description: 'late' }, tagged.etag),
      ).rejects.toMatchObject({ code: 'ABORTED', reason: 'ETAG_MISMATCH', metadata: { etag: described.etag } });
      const other = { description: '', architecture: 'other' };
      await expect(registry.client.updateModelVersion(name, other)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('got "architecture"; allowed are description, tags'),
      });
    });

    it('are archived: served by number, refused to aliases', async () => {
      const model = await registry.model(1);
      const name = `${model}/versions/1`;
      expect(await registry.client.archiveModelVersion(name)).toMatchObject({ state: State.STATE_ARCHIVED });
      const id = model.split('/').at(-1);
      expect((await registry.client.resolveModelVersion(PARENT, `${id}/1`)).name).toBe(name);
      await expect(registry.client.setAlias(`${model}/aliases/production`, name, '')).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'VERSION_NOT_READY',
      });
      await expect(registry.client.archiveModelVersion(name)).rejects.toMatchObject({ reason: 'VERSION_NOT_READY' });
      expect(await registry.client.unarchiveModelVersion(name)).toMatchObject({ state: State.STATE_READY });
      await registry.client.setAlias(`${model}/aliases/production`, name, '');
    });

    it('are deleted: hidden, not served, their number stays taken, and they come back', async () => {
      const model = await registry.model(2);
      const name = `${model}/versions/2`;
      const deleted = await registry.client.deleteModelVersion(name);
      expect(deleted.state).toBe(State.STATE_DELETED);
      expect(deleted.deleteTime).toBeDefined();
      expect(await ids(registry.client.listModelVersions(model))).toEqual(['1']);
      expect(await ids(registry.client.listModelVersions(model, { showDeleted: true }))).toEqual(['2', '1']);
      expect((await registry.client.getModelVersion(name)).state).toBe(State.STATE_DELETED);
      const id = model.split('/').at(-1);
      await expect(registry.client.resolveModelVersion(PARENT, `${id}/2`)).rejects.toMatchObject({
        reason: 'VERSION_NOT_READY',
      });
      const download = registry.client.downloadModelFile(name, 'model.onnx');
      await expect(Array.fromAsync(download)).rejects.toMatchObject({ reason: 'VERSION_NOT_READY' });
      expect((await registry.publish(model, 3)).name).toBe(`${model}/versions/3`);
      const back = await registry.client.undeleteModelVersion(name);
      expect(back).toMatchObject({ state: State.STATE_READY, deleteTime: undefined });
      await expect(registry.client.undeleteModelVersion(name)).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'RESOURCE_NOT_DELETED',
      });
    });

    it('are not deleted while aliases point at them, and the refusal names those', async () => {
      const model = await registry.model(1);
      const name = `${model}/versions/1`;
      for (const alias of ['production', 'candidate'])
        await registry.client.setAlias(`${model}/aliases/${alias}`, name, '');
      await expect(registry.client.deleteModelVersion(name)).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'RESOURCE_IN_USE',
        metadata: { holders: 'candidate, production' },
      });
    });

    it('are read in one call, all or none', async () => {
      const model = await registry.model(3);
      const names = [3, 1].map((version) => `${model}/versions/${version}`);
      const versions = await registry.client.batchGetModelVersions(model, names);
      expect(versions.map(({ name }) => name)).toEqual(names);
      await expect(
        registry.client.batchGetModelVersions(model, [...names, `${model}/versions/9`]),
      ).rejects.toMatchObject({ reason: 'VERSION_NOT_FOUND' });
    });

    it('validate a deletion without doing it', async () => {
      const model = await registry.model(1);
      const name = `${model}/versions/1`;
      const events = await Array.fromAsync(registry.client.listEvents(PARENT, model));
      const answer = await registry.client.deleteModelVersion(name, { validateOnly: true });
      expect(answer.state).toBe(State.STATE_DELETED);
      expect((await registry.client.getModelVersion(name)).state).toBe(State.STATE_READY);
      expect(await Array.fromAsync(registry.client.listEvents(PARENT, model))).toEqual(events);
    });
  });

  it.each(['x', '-1', '1e999'])('lists of recorded facts refuse a page token with the key %s', async (key) => {
    const model = await registry.model(1);
    const [alias, version] = [`${model}/aliases/production`, `${model}/versions/1`];
    const calls = new RegistryCalls(registry.platform.service('registry').address);
    const page = (...scope: [string, string]) => {
      const digest = createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12);
      const pageToken = Buffer.from(JSON.stringify([key, digest])).toString('base64url');
      return { parent: scope[1], pageSize: 0, pageToken };
    };
    const refused = { code: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID' };
    const results = calls.call((stub) => stub.listGateResults, page('gate-results', alias));
    await expect(results).rejects.toMatchObject(refused);
    const records = calls.call((stub) => stub.listEvaluationRecords, page('evaluation-records', version));
    await expect(records).rejects.toMatchObject(refused);
    const comparisons = calls.call((stub) => stub.listComparisonRecords, page('comparison-records', version));
    await expect(comparisons).rejects.toMatchObject(refused);
    calls.close();
  });

  it('an alias that comes back does not answer to the etag of the one that was taken away', async () => {
    const model = await registry.model(2);
    const alias = `${model}/aliases/production`;
    const old = await registry.client.setAlias(alias, `${model}/versions/1`, '');
    await registry.client.deleteAlias(alias, old.etag);
    const back = await registry.client.setAlias(alias, `${model}/versions/1`, '');
    await expect(registry.client.setAlias(alias, `${model}/versions/2`, old.etag)).rejects.toMatchObject({
      reason: 'ETAG_MISMATCH',
      metadata: { etag: back.etag },
    });
  });

  describe('models', () => {
    it('are deleted without aliases only, refuse versions then, keep their name, and come back', async () => {
      const model = await registry.model(1);
      const id = model.split('/').at(-1) ?? '';
      await registry.client.setAlias(`${model}/aliases/production`, `${model}/versions/1`, '');
      await expect(registry.client.deleteModel(model)).rejects.toMatchObject({
        reason: 'RESOURCE_IN_USE',
        metadata: { holders: 'production' },
      });
      await registry.client.deleteAlias(`${model}/aliases/production`, '1');
      expect((await registry.client.deleteModel(model)).deleteTime).toBeDefined();
      expect(await ids(registry.client.listModels(PARENT))).not.toContain(id);
      expect(await ids(registry.client.listModels(PARENT, { showDeleted: true }))).toContain(id);
      await expect(registry.publish(model)).rejects.toMatchObject({ reason: 'MODEL_DELETED' });
      await expect(registry.client.setAlias(`${model}/aliases/a`, `${model}/versions/1`, '')).rejects.toMatchObject({
        reason: 'MODEL_DELETED',
      });
      await expect(registry.client.createModel(PARENT, id, 1)).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
        message: expect.stringContaining('it is deleted, undelete it'),
      });
      expect((await registry.client.undeleteModel(model)).deleteTime).toBeUndefined();
      expect((await registry.publish(model)).name).toBe(`${model}/versions/2`);
    });
  });

  describe('aliases', () => {
    const alias = (model: string): string => `${model}/aliases/production`;
    const etagOf = async (model: string): Promise<string> => (await registry.client.getAlias(alias(model))).etag;
    const promote = async (model: string, version: number, etag: string) =>
      registry.client.setAlias(alias(model), `${model}/versions/${version}`, etag, `try ${version}`);

    it('roll back step by step to what they pointed at before, and tell it all like a ledger', async () => {
      const model = await registry.model(3);
      await promote(model, 1, '');
      await promote(model, 2, '1');
      await promote(model, 3, '2');
      const second = await registry.client.rollbackAlias(alias(model), '3', 'it was worse');
      expect(second).toMatchObject({ version: `${model}/versions/2`, etag: '4' });
      const first = await registry.client.rollbackAlias(alias(model), '4');
      expect(first.version).toBe(`${model}/versions/1`);
      await expect(registry.client.rollbackAlias(alias(model), first.etag)).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'ALIAS_NO_PREVIOUS',
      });
      await promote(model, 3, first.etag);
      const back = await registry.client.rollbackAlias(alias(model), await etagOf(model));
      expect(back.version).toBe(`${model}/versions/1`);
      await registry.client.deleteAlias(alias(model), back.etag, 'retired');
      const ledger = await Array.fromAsync(registry.client.listAliasEvents(alias(model)));
      const short = (name: string): string => name.split('/').at(-1) ?? '';
      expect(
        ledger.map(({ kind, oldVersion, newVersion }) => [AliasEvent_Kind[kind], short(oldVersion), short(newVersion)]),
      ).toEqual([
        ['KIND_DELETE', '1', ''],
        ['KIND_ROLLBACK', '3', '1'],
        ['KIND_SET', '1', '3'],
        ['KIND_ROLLBACK', '2', '1'],
        ['KIND_ROLLBACK', '3', '2'],
        ['KIND_SET', '2', '3'],
        ['KIND_SET', '1', '2'],
        ['KIND_SET', '', '1'],
      ]);
      expect(ledger[4]).toMatchObject({ reason: 'it was worse', actor: 'anonymous' });
    });

    it('do not roll back to a version that has been deleted since', async () => {
      const model = await registry.model(2);
      await promote(model, 1, '');
      await promote(model, 2, '1');
      await registry.client.deleteModelVersion(`${model}/versions/1`);
      await expect(registry.client.rollbackAlias(alias(model), '2')).rejects.toMatchObject({
        reason: 'VERSION_NOT_READY',
      });
      expect((await registry.client.getAlias(alias(model))).version).toBe(`${model}/versions/2`);
    });

    it('are deleted with the etag that was read', async () => {
      const model = await registry.model(1);
      await promote(model, 1, '');
      await expect(registry.client.deleteAlias(alias(model), '7')).rejects.toMatchObject({
        code: 'ABORTED',
        metadata: { etag: '1' },
      });
      await registry.client.deleteAlias(alias(model), '1');
      await expect(registry.client.getAlias(alias(model))).rejects.toMatchObject({ reason: 'ALIAS_NOT_FOUND' });
      expect(await ids(registry.client.listAliases(model))).toEqual([]);
    });
  });

  describe('the database itself', () => {
    it.each([
      ['an event that is changed', "UPDATE registry.event SET actor = 'nobody'", 'event is append-only'],
      ['an event that is removed', 'DELETE FROM registry.event', 'event is append-only'],
      ['an alias history that is emptied', 'TRUNCATE registry.alias_event', 'alias_event is append-only'],
      ['a digest that is changed', "UPDATE registry.model_version SET digest = sha256('x')", 'is immutable'],
      ['a licence that is changed', "UPDATE registry.model_version SET licence = 'MIT'", 'is immutable'],
      [
        'a version taken away from under its alias',
        "UPDATE registry.model_version v SET state = 'deleted', delete_time = now() FROM registry.model_alias a WHERE a.model = v.model AND a.version = v.version",
        'has aliases',
      ],
    ])('refuses %s, even from its owner', async (_what, sql, message) => {
      const model = await registry.model(1);
      await registry.client.setAlias(`${model}/aliases/production`, `${model}/versions/1`, '');
      await expect(query(registry.platform.databaseUrl, sql)).rejects.toThrow(message);
    });

    it('has every table, constraint, trigger and function that the rules rest on', async () => {
      const rows = await query<{ name: string }>(
        registry.platform.databaseUrl,
        `SELECT 'trigger ' || tgname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
           WHERE c.relnamespace = 'registry'::regnamespace AND NOT tgisinternal
         UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE connamespace = 'registry'::regnamespace
         UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'registry'::regnamespace`,
      );
      expect(rows.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'trigger guard_model_version',
          'trigger guard_model_alias',
          'trigger guard_event',
          'trigger guard_alias_event',
          'function record_event',
          'function guard_history',
          'constraint model_name',
          'constraint alias_target',
          'constraint version_delete_time',
          'constraint alias_event_target',
          'constraint event_pkey',
        ]),
      );
    });
  });
});
