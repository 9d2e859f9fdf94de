import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSlots } from './frame-slots.js';

/** Offers frames and finishes running ones in any interleaving; says what happened to each. */
async function play(steps: readonly boolean[], maxInFlight: number, newestOnly: boolean) {
  const finish: (() => void)[] = [];
  const started: number[] = [];
  const dropped: number[] = [];
  let running = 0;
  let mostRunning = 0;
  const slots = new FrameSlots<number>({
    maxInFlight,
    newestOnly,
    run: async (frame) => {
      started.push(frame);
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await new Promise<void>((resolve) => finish.push(resolve));
      running -= 1;
    },
    drop: (frame) => dropped.push(frame),
  });
  let offered = 0;
  for (const offer of steps) {
    if (offer) slots.offer(offered++);
    else finish.shift()?.();
    await tick();
  }
  while (finish.length > 0) {
    finish.shift()?.();
    await tick();
  }
  return { offered, started, dropped, mostRunning };
}

const steps = fc.array(fc.boolean(), { maxLength: 60 });
const limit = fc.integer({ min: 1, max: 4 });

describe('FrameSlots', () => {
  it('starts every frame in order when none may be dropped, never more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(steps, limit, async (plan, maxInFlight) => {
        const { offered, started, dropped, mostRunning } = await play(plan, maxInFlight, false);
        expect(started).toEqual([...Array(offered).keys()]);
        expect(dropped).toEqual([]);
        expect(mostRunning).toBeLessThanOrEqual(maxInFlight);
      }),
    );
  });

  it('keeps only the newest waiting frame of a live stream: each is started or dropped once, in order, the last one never dropped', async () => {
    await fc.assert(
      fc.asyncProperty(steps, limit, async (plan, maxInFlight) => {
        const { offered, started, dropped, mostRunning } = await play(plan, maxInFlight, true);
        expect([...started, ...dropped].sort((a, b) => a - b)).toEqual([...Array(offered).keys()]);
        expect(started).toEqual([...started].sort((a, b) => a - b));
        expect(dropped).toEqual([...dropped].sort((a, b) => a - b));
        if (offered > 0) expect(started).toContain(offered - 1);
        expect(mostRunning).toBeLessThanOrEqual(maxInFlight);
      }),
    );
  });

  it('decides at once that an older waiting frame is dropped', async () => {
    const dropped: number[] = [];
    const slots = new FrameSlots<number>({
      maxInFlight: 1,
      newestOnly: true,
      run: () => new Promise(() => {}),
      drop: (frame) => dropped.push(frame),
    });
    for (const frame of [1, 2, 3]) slots.offer(frame);
    expect(dropped).toEqual([2]);
  });

  it('forgets what waits when it is cleared', async () => {
    const started: number[] = [];
    let finish = (): void => {};
    const run = (frame: number): Promise<void> => {
      started.push(frame);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const slots = new FrameSlots<number>({ maxInFlight: 1, newestOnly: false, run, drop: () => {} });
    slots.offer(1);
    slots.offer(2);
    slots.clear();
    finish();
    await tick();
    expect(started).toEqual([1]);
  });
});
