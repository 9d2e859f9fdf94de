import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { percentile, settledMiB, threadsOf } from '../support/process-facts.js';
import { publish } from '../support/publish.js';
import { stormSize } from '../support/storm.js';
import { StreamFleet } from '../support/stream-fleet.js';
import { IMAGE_ENVIRONMENT, PARENT, TestPlatform } from '../support/test-platform.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';

const STREAMS = 64;
const PROMOTIONS = stormSize(200);
/** Swaps before memory is measured: what is allocated once is no growth. */
const WARM_UP = 20;
const ALIAS = `${PARENT}/models/tiny/aliases/production`;

describe('64 streams while their model is promoted again and again', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;
  let versions: string[];

  beforeAll(async () => {
    platform = await TestPlatform.start();
    versions = [];
    for (let seed = 1; seed <= 4; seed += 1)
      versions.push(await publish(platform.registry, 'tiny', tinyModel(seed), TINY_SPEC, 'production'));
    await platform.startInference({ ...IMAGE_ENVIRONMENT, RESMASK_MODEL: 'tiny' });
    calls = new InferenceCalls(platform.service('inference').address);
  });
  afterAll(async () => {
    calls.close();
    await platform.stop();
  });

  it(`answers every frame in order through ${PROMOTIONS} promotions, and keeps neither memory nor threads of what was replaced`, async () => {
    const { pid } = platform.service('inference');
    const fleet = new StreamFleet(calls, STREAMS, {}, { everyMs: 100 });
    await fleet.answers(20);
    for (let i = 0; i < WARM_UP; i += 1) await swap(fleet, i);
    fleet.takeLatencies();
    await fleet.answers(50);
    const steady = percentile(fleet.takeLatencies(), 99);
    const before = { memory: await settledMiB(pid), threads: threadsOf(pid) };
    for (let i = 0; i < PROMOTIONS; i += 1) await swap(fleet, i);
    const swapping = percentile(fleet.takeLatencies(), 99);
    await eventually(
      () => calls.list(),
      (list) => list.length === 1,
    );
    // As before: sessions that have run for a while have let go of what loading left behind.
    await fleet.answers(50);
    const after = { memory: await settledMiB(pid), threads: threadsOf(pid) };
    report({ promotions: PROMOTIONS, steadyP99Ms: steady, swappingP99Ms: swapping, before, after });
    await fleet.finish();
    fleet.expectWhole();
    // One version and nothing but it is left, so the threads are those there were.
    expect(after.threads).toBeLessThanOrEqual(before.threads + 2);
    expect(after.memory).toBeLessThan(before.memory * 1.1);
  });

  /** Promotes another version and waits until every stream has been answered by it. */
  async function swap(fleet: StreamFleet, round: number): Promise<void> {
    const version = versions[round % versions.length];
    await platform.registry.setAlias(ALIAS, version, (await platform.registry.getAlias(ALIAS)).etag);
    await fleet.reaches(version);
  }
});

/** Times are no assertion on a machine that is shared; whoever runs the storm reads them. */
function report(figures: object): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
