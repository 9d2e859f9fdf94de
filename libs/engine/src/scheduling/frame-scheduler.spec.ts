import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Classifier } from '../model/classifier.js';
import type { ClassifyOrder } from '../model/classify-order.js';
import type { ModelSessions } from '../model/model-sessions.js';
import type { Preparation } from '../preparation.js';
import { FrameScheduler } from './frame-scheduler.js';
import type { RecognizeTask } from './recognize-job.js';

const NO_PREPARATION = { slots: 0 } as Preparation;
const ROW = { rows: new Float32Array(2), faces: [], prepareMs: 0, inferMs: 0, batchSize: 1 };

/** Sessions that take one frame when they are woken, and finish it when they are told. */
class FakeSessions {
  readonly orders: ClassifyOrder[] = [];

  constructor(readonly scheduler: FrameScheduler) {}

  poke(): void {
    const order = this.scheduler.take(this as unknown as ModelSessions);
    if (order) this.orders.push(order);
  }

  finish(): void {
    this.orders.shift()?.resolve(ROW);
    this.poke();
  }
}

function task(sessions: FakeSessions, deadline = Number.POSITIVE_INFINITY): RecognizeTask {
  return {
    image: { kind: 'raw', format: 'gray8', width: 1, height: 1, bytes: new Uint8Array(1) },
    classifier: { single: sessions } as unknown as Classifier,
    detector: undefined,
    regions: [{ kind: 'whole' }],
    maxFaces: 1,
    minFaceSize: 0,
    alignment: false,
    scene: false,
    explain: undefined,
    deadline,
    signal: new AbortController().signal,
  };
}

describe('FrameScheduler', () => {
  it('runs a frame that waits for another version as soon as the one before it is done', async () => {
    const scheduler = new FrameScheduler(NO_PREPARATION, 10);
    const [before, after] = [new FakeSessions(scheduler), new FakeSessions(scheduler)];
    const lane = scheduler.open({ newestOnly: true, maxInFlight: 1 });
    const first = scheduler.recognize(lane, task(before));
    const second = scheduler.recognize(lane, task(after));
    expect([before.orders.length, after.orders.length]).toEqual([1, 0]);
    before.finish();
    expect(await first).toMatchObject({ kind: 'recognized' });
    expect(after.orders).toHaveLength(1);
    after.finish();
    expect(await second).toMatchObject({ kind: 'recognized' });
  });

  it('lets a frame wait whose deadline is further away than a timer can count', async () => {
    const scheduler = new FrameScheduler(NO_PREPARATION, 10);
    const sessions = new FakeSessions(scheduler);
    const lane = scheduler.open({ newestOnly: false, maxInFlight: 1 });
    const year = performance.now() + 365 * 24 * 3600 * 1000;
    const outcomes = [scheduler.recognize(lane, task(sessions, year)), scheduler.recognize(lane, task(sessions, year))];
    await delay(20);
    sessions.finish();
    sessions.finish();
    expect(await Promise.all(outcomes)).toMatchObject([{ kind: 'recognized' }, { kind: 'recognized' }]);
  });
});
