import { randomUUID } from 'node:crypto';
import type { Event, RegistryClient } from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf, storm, stormSize, valuesOf } from '../support/storm.js';
import { query } from '../support/test-database.js';
import { PARENT } from '../support/test-platform.js';
import { TinyRegistry } from '../support/tiny-registry.js';

describe('the registry under many clients at once', () => {
  let registry: TinyRegistry;
  let clients: RegistryClient[];

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    clients = Array.from({ length: 50 }, () => registry.connect());
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await registry.stop();
  });

  const clientOf = (round: number): RegistryClient => clients[round % clients.length];
  const numberOf = (name: string): number => Number(name.split('/').at(-1));

  it('gives versions of one model distinct consecutive numbers, no gap, none lost', async () => {
    const model = await registry.model();
    const count = stormSize(1000);
    const results = await storm(count, 50, (round) => registry.publish(model, 1 + (round % 7), clientOf(round)));
    expect(errorsOf(results)).toEqual([]);
    const numbers = valuesOf(results).map(({ name }) => numberOf(name));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const listed = await Array.fromAsync(registry.client.listModelVersions(model));
    expect(listed.map(({ name }) => numberOf(name))).toEqual(numbers.toReversed());
  });

  it('lets one of fifty promotions with the same etag win, and gives the others the current one', async () => {
    const model = await registry.model(50);
    const alias = `${model}/aliases/production`;
    const { etag } = await registry.client.setAlias(alias, `${model}/versions/1`, '');
    const results = await storm(50, 50, (round) =>
      clientOf(round).setAlias(alias, `${model}/versions/${round + 1}`, etag),
    );
    const [winner, ...others] = valuesOf(results);
    expect(others).toEqual([]);
    const errors = errorsOf(results);
    expect(errors).toHaveLength(49);
    for (const error of errors)
      expect(error).toMatchObject({ code: 'ABORTED', reason: 'ETAG_MISMATCH', metadata: { etag: winner.etag } });
    expect(await registry.client.getAlias(alias)).toEqual(winner);
  });

  it('never leaves an alias on a deleted version, whoever is first', async () => {
    const races = stormSize(300);
    const outcomes = { promoted: 0, deleted: 0 };
    const models = await Promise.all(Array.from({ length: 10 }, () => registry.model(races / 10)));
    await storm(races, 10, async (round) => {
      const model = models[round % 10];
      const version = `${model}/versions/${Math.floor(round / 10) + 1}`;
      const alias = `${model}/aliases/race-${round}`;
      const promote = () => clientOf(round).setAlias(alias, version, '');
      const remove = () => clientOf(round + 1).deleteModelVersion(version);
      const acts = round % 20 < 10 ? [promote, remove] : [remove, promote];
      const results = await Promise.allSettled(acts.map((act) => act()));
      const [promoted, deleted] = round % 20 < 10 ? results : results.toReversed();
      expect([promoted.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
      outcomes[promoted.status === 'fulfilled' ? 'promoted' : 'deleted'] += 1;
      const [loser] = errorsOf(results);
      expect(loser.reason).toBe(promoted.status === 'fulfilled' ? 'RESOURCE_IN_USE' : 'VERSION_NOT_READY');
    }).then((results) => expect(errorsOf(results)).toEqual([]));
    const dangling = await query(
      registry.platform.databaseUrl,
      "SELECT FROM registry.model_alias a JOIN registry.model_version v USING (model, version) WHERE v.state <> 'ready'",
    );
    expect(dangling).toEqual([]);
    expect(outcomes.promoted).toBeGreaterThan(0);
    expect(outcomes.deleted).toBeGreaterThan(0);
  });

  it('lets one of fifty changes of canary and moves with the same etag win, and gives the others the current one', async () => {
    const model = await registry.model(51);
    const alias = `${model}/aliases/production`;
    const { etag } = await registry.client.setAlias(alias, `${model}/versions/1`, '');
    const results = await storm(50, 50, (round) => {
      const version = `${model}/versions/${round + 2}`;
      const client = clientOf(round);
      if (round % 5 === 0) return client.setAlias(alias, version, etag);
      return client.updateAlias(alias, { canary: { version, percent: round + 1 } }, etag);
    });
    const [winner, ...others] = valuesOf(results);
    expect(others).toEqual([]);
    const errors = errorsOf(results);
    expect(errors).toHaveLength(49);
    for (const error of errors)
      expect(error).toMatchObject({ code: 'ABORTED', reason: 'ETAG_MISMATCH', metadata: { etag: winner.etag } });
    expect(await registry.client.getAlias(alias)).toEqual(winner);
    expect(await Array.fromAsync(registry.client.listAliasEvents(alias))).toHaveLength(2);
  });

  it.each(['canary', 'shadow'])('never leaves a %s on a deleted version, whoever is first', async (part) => {
    const races = stormSize(300);
    const outcomes = { serves: 0, deleted: 0 };
    const model = await registry.model(races + 1);
    const results = await storm(races, 10, async (round) => {
      const version = `${model}/versions/${round + 2}`;
      const alias = `${model}/aliases/${part}-${round}`;
      const { etag } = await clientOf(round).setAlias(alias, `${model}/versions/1`, '');
      const traffic = part === 'canary' ? { canary: { version, percent: 10 } } : { shadowVersion: version };
      const serve = () => clientOf(round).updateAlias(alias, traffic, etag);
      const remove = () => clientOf(round + 1).deleteModelVersion(version);
      const acts = round % 2 === 0 ? [serve, remove] : [remove, serve];
      const settled = await Promise.allSettled(acts.map((act) => act()));
      const [served, deleted] = round % 2 === 0 ? settled : settled.toReversed();
      expect([served.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected']);
      outcomes[served.status === 'fulfilled' ? 'serves' : 'deleted'] += 1;
      const [loser] = errorsOf(settled);
      expect(loser.reason).toBe(served.status === 'fulfilled' ? 'RESOURCE_IN_USE' : 'VERSION_NOT_READY');
    });
    expect(errorsOf(results)).toEqual([]);
    const dangling = await query(
      registry.platform.databaseUrl,
      `SELECT FROM registry.model_alias a JOIN registry.model_version v ON v.model = a.model
         AND v.version IN (a.version, a.canary_version, a.shadow_version) WHERE v.state <> 'ready'`,
    );
    expect(dangling).toEqual([]);
    expect(outcomes.serves).toBeGreaterThan(0);
    expect(outcomes.deleted).toBeGreaterThan(0);
  });

  it('makes one version of forty calls with one request id, and refuses the id for another body', async () => {
    const model = await registry.model();
    const requestId = randomUUID();
    const results = await storm(40, 40, (round) => registry.publish(model, 1, clientOf(round), requestId));
    expect(errorsOf(results)).toEqual([]);
    expect(new Set(valuesOf(results).map(({ name }) => name))).toEqual(new Set([`${model}/versions/1`]));
    expect((await registry.client.getModel(model)).latestVersion).toBe(1);
    await expect(registry.publish(model, 2, registry.client, requestId)).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('tells watchers that come and go every event once, in order', async () => {
    const models = await Promise.all(Array.from({ length: 5 }, () => registry.model(1)));
    const start = (await Array.fromAsync(registry.client.listEvents(PARENT))).length;
    const writes = stormSize(1000);
    const end = start + writes;
    const watching = Array.from({ length: 20 }, () => registry.connect());
    const watchers = watching.map((client, watcher) => watchInPieces(client, start, end, watcher));
    const results = await storm(writes, 50, (round) =>
      clientOf(round).updateModelVersion(`${models[round % 5]}/versions/1`, { description: `change ${round}` }),
    );
    expect(errorsOf(results)).toEqual([]);
    for (const events of await Promise.all(watchers))
      expect(events.map(({ number }) => number)).toEqual(Array.from({ length: writes }, (_, i) => start + i + 1));
    for (const client of watching) client.close();
    const audit = await Array.fromAsync(registry.client.listEvents(PARENT));
    expect(audit).toHaveLength(end);
  });

  /** Watches until the given number, leaving and coming back after a few events each time. */
  async function watchInPieces(client: RegistryClient, after: number, end: number, watcher: number): Promise<Event[]> {
    const seen: Event[] = [];
    while (seen.length < end - after) {
      const piece = 1 + ((seen.length * 7 + watcher) % 23);
      const stop = new AbortController();
      const cursor = seen.at(-1)?.number ?? after;
      for await (const event of client.watchEvents(PARENT, { after: cursor, signal: stop.signal })) {
        seen.push(event);
        if (seen.length === end - after || seen.length % piece === 0) stop.abort();
        if (stop.signal.aborted) break;
      }
    }
    return seen;
  }
});
