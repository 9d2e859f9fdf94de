import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AliasEvent_Kind, RegistryClient, State, Task } from '@resmask/client';
import { migrate } from '@resmask/database';
import { registryMigrations, registrySchema } from '@resmask/migrations/registry';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OLD_REQUEST, type PreviousRelease, previousRelease } from '../support/previous-release.js';
import { newVersion, once, sha256 } from '../support/publish.js';
import { query } from '../support/test-database.js';
import { TestService } from '../support/test-service.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';

const PARENT = 'namespaces/default';
const MODEL = `${PARENT}/models/classifier`;
const ALIAS = `${MODEL}/aliases/production`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resmask-test-upgrade-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function startOn({ url, artifacts }: PreviousRelease): Promise<TestService> {
  return TestService.start('registry', {
    DATABASE_URL: url,
    RESMASK_MIGRATE: 'on-start',
    RESMASK_ARTIFACTS: artifacts,
  });
}

function ran({ url }: PreviousRelease): Promise<{ id: number; name: string }[]> {
  return query(url, 'SELECT id, name FROM registry.migration ORDER BY id');
}

const ALL = registryMigrations.map(({ name }) => name);

describe('a registry of the previous release that is upgraded', () => {
  let old: PreviousRelease;
  let service: TestService;
  let registry: RegistryClient;

  beforeAll(async () => {
    old = await previousRelease(join(folder, 'one'));
    expect(await ran(old)).toHaveLength(1);
    service = await startOn(old);
    registry = new RegistryClient(service.address);
  });
  afterAll(async () => {
    registry.close();
    await service.stop();
  });

  it('ran every migration that is new, and the next start runs none', async () => {
    const rows = await ran(old);
    expect(rows.map(({ name }) => name)).toEqual(ALL);
    expect(await service.stop()).toBe(0);
    await service.restart();
    expect(await ran(old)).toEqual(rows);
    expect(await migrate({ url: old.url, schema: registrySchema, migrations: registryMigrations })).toEqual([]);
  });

  it('has every model and version as it was, ready, and serves their bytes', async () => {
    const model = await registry.getModel(MODEL);
    expect(model).toMatchObject({
      description: 'old',
      task: Task.TASK_EXPRESSION,
      latestVersion: 3,
      labels: {},
      deleteTime: undefined,
    });
    const versions = await Array.fromAsync(registry.listModelVersions(MODEL));
    expect(versions.map(({ name }) => name)).toEqual([3, 2, 1].map((number) => `${MODEL}/versions/${number}`));
    for (const [i, version] of versions.entries()) {
      const bytes = tinyModel(3 - i);
      expect(version).toMatchObject({
        description: 'as it was',
        state: State.STATE_READY,
        licence: '',
        members: [],
        tags: {},
      });
      expect(version.files).toEqual([{ path: 'model.onnx', sizeBytes: bytes.length, sha256: sha256(bytes) }]);
      expect(Buffer.concat(await Array.fromAsync(registry.downloadModelFile(version.name, 'model.onnx')))).toEqual(
        bytes,
      );
    }
    expect((await Array.fromAsync(registry.listModels('namespaces/team'))).map(({ name }) => name)).toEqual([
      'namespaces/team/models/other',
    ]);
  });

  it('has its alias and all its moves, by nobody in particular', async () => {
    expect(await registry.getAlias(ALIAS)).toMatchObject({
      version: `${MODEL}/versions/3`,
      etag: '3',
      canary: undefined,
      shadowVersion: '',
    });
    expect((await registry.resolveModelVersion(PARENT, 'classifier@production')).name).toBe(`${MODEL}/versions/3`);
    const moves = await Array.fromAsync(registry.listAliasEvents(ALIAS));
    expect(moves).toMatchObject(
      [3, 2, 1].map((version) => ({
        kind: AliasEvent_Kind.KIND_SET,
        oldVersion: version === 1 ? '' : `${MODEL}/versions/${version - 1}`,
        newVersion: `${MODEL}/versions/${version}`,
        oldCanary: undefined,
        newCanary: undefined,
        oldShadowVersion: '',
        newShadowVersion: '',
        reason: `try ${version}`,
        actor: 'unknown',
      })),
    );
  });

  it('answers a call that is repeated across the upgrade as it was answered', async () => {
    const again = await registry.createModel(
      PARENT,
      'classifier',
      Task.TASK_EXPRESSION,
      { description: 'old' },
      OLD_REQUEST,
    );
    expect(again).toMatchObject({ name: MODEL, description: 'as it was made' });
  });

  it('takes changes of what is old: a canary, a rollback, an archive, a version of old bytes, with the first events of the log', async () => {
    expect(await Array.fromAsync(registry.listEvents(PARENT))).toEqual([]);
    const canary = { version: `${MODEL}/versions/1`, percent: 10 };
    expect(await registry.updateAlias(ALIAS, { canary }, '3')).toMatchObject({ canary, etag: '4' });
    expect(await registry.rollbackAlias(ALIAS, '4')).toMatchObject({ version: `${MODEL}/versions/2`, etag: '5' });
    await registry.archiveModelVersion(`${MODEL}/versions/3`);
    // Its bytes are known to be this namespace's, so they need not be sent again; equal content has the digest that it had.
    const first = await registry.getModelVersion(`${MODEL}/versions/1`);
    const same = await registry.createModelVersion(MODEL, newVersion(tinyModel(1), TINY_SPEC));
    expect(same).toMatchObject({ name: `${MODEL}/versions/4`, digest: first.digest });
    const fresh = await registry.uploadModelVersion(MODEL, newVersion(tinyModel(9), TINY_SPEC), once(tinyModel(9)));
    expect(fresh.name).toBe(`${MODEL}/versions/5`);
    const events = await Array.fromAsync(registry.listEvents(PARENT));
    expect(events.map(({ method }) => method)).toEqual([
      'UpdateAlias',
      'RollbackAlias',
      'ArchiveModelVersion',
      'CreateModelVersion',
      'UploadModelVersion',
    ]);
  });
});

it('two services that start at the same moment migrate once, one after the other', async () => {
  const old = await previousRelease(join(folder, 'two'));
  const gate = new Client({ connectionString: old.url });
  await gate.connect();
  // Both have to have come to the lock before either may go on.
  await gate.query('SELECT pg_advisory_lock($1)', [registrySchema.lockKey]);
  const starting = Promise.all([startOn(old), startOn(old)]);
  const waiting = async (): Promise<number> =>
    (
      await query(
        old.url,
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'",
      )
    ).length;
  while ((await waiting()) < 2) await delay(50);
  expect(await ran(old)).toHaveLength(1);
  await gate.end();
  const services = await starting;
  expect((await ran(old)).map(({ name }) => name)).toEqual(ALL);
  for (const service of services) {
    const registry = new RegistryClient(service.address);
    expect(await registry.getAlias(ALIAS)).toMatchObject({ version: `${MODEL}/versions/3` });
    registry.close();
    await service.stop();
  }
});
