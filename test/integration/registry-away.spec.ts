import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { RegistryClient } from '@resmask/client';
import { EmbeddedPostgres } from '@resmask/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { grayImage, WHOLE } from '../support/gray-frames.js';
import { HealthWatch } from '../support/health-watch.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { publish } from '../support/publish.js';
import { LONG } from '../support/storm.js';
import { StreamFleet } from '../support/stream-fleet.js';
import { TestService } from '../support/test-service.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';

const AWAY_MS = LONG ? 60_000 : 6_000;
const STREAMS = 16;

describe('an inference service whose registry and database go away', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let registry: TestService;
  let inference: TestService;
  let other: TestService;
  let calls: InferenceCalls;

  beforeAll(async () => {
    folder = await mkdtemp('/tmp/resmask-test-away-');
    await chmod(folder, 0o711);
    postgres = await startPostgres();
    registry = await TestService.start('registry', {
      DATABASE_URL: postgres.url,
      RESMASK_MIGRATE: 'on-start',
      RESMASK_ARTIFACTS: `${folder}/artifacts`,
    });
    await put(1);
    inference = await startInference('cache');
    other = await startInference('other-cache');
    calls = new InferenceCalls(inference.address);
  });
  afterAll(async () => {
    calls.close();
    for (const service of [inference, other, registry]) await service.stop();
    await postgres.stop();
    await rm(folder, { recursive: true });
  });

  it(`serves on for ${AWAY_MS / 1000} s as if nothing were, starts with what it knew, and then follows the next move`, async () => {
    const fleet = new StreamFleet(calls, STREAMS, {}, { everyMs: 50 });
    await fleet.answers(10);
    await expectServes(other);
    const { port } = new URL(postgres.url);
    await Promise.all([registry.kill(), postgres.stop()]);
    const gone = performance.now();
    await other.kill();
    await other.restart();
    const health = new HealthWatch(other.address);
    await health.becomes('SERVING');
    health.close();
    await expectServes(other);
    // Streams that begin meanwhile are served like those that were there, also by another name of the same alias.
    const late = new StreamFleet(calls, 4, { model: 'tiny@production' }, { everyMs: 50 });
    await late.answers(5);
    await delay(AWAY_MS - (performance.now() - gone));
    await fleet.answers(10);
    postgres = await startPostgres(Number(port));
    await registry.restart();
    const moved = await put(2);
    await Promise.all([fleet.reaches(moved), late.reaches(moved)]);
    const reached = new InferenceCalls(other.address);
    await eventually(
      () => reached.list(),
      (list) => list.some(({ version, references }) => version === moved && references.includes('tiny')),
    );
    reached.close();
    await Promise.all([fleet.finish(), late.finish()]);
    fleet.expectWhole();
    late.expectWhole();
    for (const stream of fleet.streams) expect(stream.models).toHaveLength(2);
  });

  function startInference(cache: string): Promise<TestService> {
    return TestService.start('inference', {
      RESMASK_REGISTRY: registry.address,
      RESMASK_CACHE: `${folder}/${cache}`,
      RESMASK_WORKERS: '2',
      RESMASK_MODEL: 'tiny',
    });
  }

  function startPostgres(port?: number): Promise<EmbeddedPostgres> {
    const options = { folder: `${folder}/server`, parameters: { fsync: 'off' } };
    return EmbeddedPostgres.start(port === undefined ? options : { ...options, port });
  }

  /** With a connection of its own: an old one waits before it tries again. */
  async function put(seed: number): Promise<string> {
    const client = new RegistryClient(registry.address);
    try {
      return await publish(client, 'tiny', tinyModel(seed), TINY_SPEC, 'production');
    } finally {
      client.close();
    }
  }

  async function expectServes({ address }: TestService): Promise<void> {
    const own = new InferenceCalls(address);
    const answer = await eventually(
      () => own.recognize({ image: grayImage(), regions: WHOLE }).catch(() => undefined),
      Boolean,
    );
    expect(answer?.faces).toHaveLength(1);
    own.close();
  }
});
