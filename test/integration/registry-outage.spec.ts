import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Event, RegistryClient, ResmaskError } from '@resmask/client';
import { EmbeddedPostgres } from '@resmask/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HealthWatch } from '../support/health-watch.js';
import { RegistryCalls } from '../support/registry-calls.js';
import { observedView } from '../support/registry-model/observed-registry.js';
import { WRITES, WritingLane } from '../support/registry-model/writing-lane.js';
import { LONG } from '../support/storm.js';
import { TestService } from '../support/test-service.js';

const AWAY_MS = LONG ? 10_000 : 3_000;
const WATCHERS = 5;
/** Answers before the database goes, and after it is back. */
const ENOUGH = 100;

describe('a registry whose database goes away under load', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let service: TestService;
  let client: RegistryClient;
  let calls: RegistryCalls;

  beforeAll(async () => {
    folder = await mkdtemp('/tmp/resmask-test-outage-');
    await chmod(folder, 0o711);
    postgres = await startPostgres();
    const settings = { RESMASK_MIGRATE: 'on-start', RESMASK_ARTIFACTS: `${folder}/artifacts` };
    service = await TestService.start('registry', { DATABASE_URL: postgres.url, ...settings });
    client = new RegistryClient(service.address);
    calls = new RegistryCalls(service.address);
  });
  afterAll(async () => {
    client.close();
    calls.close();
    await service.stop();
    await postgres.stop();
    await rm(folder, { recursive: true });
  });

  it(`is not ready for ${AWAY_MS / 1000} s, does not crash, and afterwards has lost nothing, for writers and watchers alike`, async () => {
    const { pid } = service;
    const parent = `namespaces/o-${randomUUID()}`;
    const health = new HealthWatch(service.address);
    await health.becomes('SERVING');
    const lanes = Object.values(WRITES).map(
      (writes, i) => new WritingLane(parent, String.fromCharCode(97 + i), writes),
    );
    for (const lane of lanes) await lane.prepare(client, calls);
    const watchers = Array.from({ length: WATCHERS }, () => follow(parent));
    const load = new Load(lanes);
    await load.answers(ENOUGH);
    for (const { seen } of watchers) expect(seen.length).toBeGreaterThan(0);
    await postgres.stop();
    const gone = Date.now();
    await health.becomes('NOT_SERVING');
    await delay(AWAY_MS - (Date.now() - gone));
    postgres = await startPostgres(Number(new URL(postgres.url).port));
    await health.becomes('SERVING');
    await load.answers(ENOUGH);
    await load.stop();
    expect([service.alive, service.pid]).toEqual([true, pid]);
    expect(service.output).not.toContain('unexpected error');
    expect(load.failures).not.toEqual(new Map());
    expect([...load.failures.keys()].filter((reason) => reason !== 'DATABASE_UNAVAILABLE')).toEqual([]);
    const view = await observedView(client, parent, ['production']);
    for (const lane of lanes) expect(lane.partOf(view)).toEqual(lane.view);
    const listed = await Array.fromAsync(client.listEvents(parent));
    expect(listed.map(({ number }) => number)).toEqual(listed.map((_, i) => i + 1));
    for (const watcher of watchers) expect(await watcher.upTo(listed.length)).toEqual(listed);
    health.close();
  });

  function startPostgres(port?: number): Promise<EmbeddedPostgres> {
    const options = { folder: `${folder}/server`, parameters: { fsync: 'off' } };
    return EmbeddedPostgres.start(port === undefined ? options : { ...options, port });
  }

  /** Follows the events from the first one on, whatever happens to the connection, until it has seen the last. */
  function follow(parent: string) {
    const seen: Event[] = [];
    const watching = new AbortController();
    let last = Number.POSITIVE_INFINITY;
    const leaveAtLast = (): void => {
      if ((seen.at(-1)?.number ?? 0) >= last) watching.abort();
    };
    const following = (async () => {
      for await (const event of client.watchEvents(parent, { after: 0, signal: watching.signal })) {
        seen.push(event);
        leaveAtLast();
      }
    })();
    const upTo = async (number: number): Promise<Event[]> => {
      last = number;
      leaveAtLast();
      await following;
      return seen;
    };
    return { seen, upTo };
  }

  /** Lanes that write without pause, and repeat what failed until it is answered. */
  class Load {
    /** How often calls failed, by reason. */
    readonly failures = new Map<string, number>();
    readonly #running: Promise<void>[];
    #stopped = false;
    #left = 0;
    #enough = Promise.withResolvers<void>();

    constructor(lanes: readonly WritingLane[]) {
      this.#running = lanes.map((lane) => this.#write(lane));
    }

    /** Waits for so many more answers. */
    async answers(count: number): Promise<void> {
      this.#left = count;
      this.#enough = Promise.withResolvers();
      await Promise.race([this.#enough.promise, Promise.all(this.#running)]);
    }

    async stop(): Promise<void> {
      this.#stopped = true;
      await Promise.all(this.#running);
    }

    async #write(lane: WritingLane): Promise<void> {
      while (!this.#stopped) {
        const call = lane.next();
        while (
          !(await lane.make(call, client, calls).then(
            () => true,
            (error) => this.#failed(error),
          ))
        )
          await delay(50);
        this.#left -= 1;
        if (this.#left === 0) this.#enough.resolve();
      }
    }

    #failed(error: unknown): false {
      if (!(error instanceof ResmaskError)) throw error;
      this.failures.set(error.reason, (this.failures.get(error.reason) ?? 0) + 1);
      return false;
    }
  }
});
