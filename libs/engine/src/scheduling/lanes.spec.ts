import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DropReason, Lane } from './lane.js';
import { Lanes } from './lanes.js';

interface Frame {
  readonly name: string;
  readonly deadline: number;
  dropped?: DropReason;
  drop(reason: DropReason): void;
}

function frame(name: string, deadline = Number.POSITIVE_INFINITY): Frame {
  const made: Frame = {
    name,
    deadline,
    drop(reason) {
      made.dropped = reason;
    },
  };
  return made;
}

const LOSSLESS = { newestOnly: false, maxInFlight: 2 };
const all = (): boolean => true;

describe('Lanes', () => {
  it('gives every stream its turn, however many frames one of them has waiting', () => {
    const lanes = new Lanes<Frame>(100);
    const [greedy, modest] = [lanes.open({ ...LOSSLESS, maxInFlight: 64 }), lanes.open(LOSSLESS)];
    for (let i = 1; i <= 5; i += 1) lanes.offer(greedy, frame(`greedy ${i}`));
    lanes.offer(modest, frame('modest 1'));
    const order = Array.from({ length: 6 }, () => lanes.take(all)?.frame.name);
    expect(order.slice(0, 2).toSorted()).toEqual(['greedy 1', 'modest 1']);
    expect(order.slice(2)).toEqual(['greedy 2', 'greedy 3', 'greedy 4', 'greedy 5']);
  });

  it('takes the nearest deadline first within a round, and starves nobody without one', () => {
    const lanes = new Lanes<Frame>(100);
    const [calm, urgent] = [lanes.open(LOSSLESS), lanes.open({ ...LOSSLESS, maxInFlight: 64 })];
    lanes.offer(calm, frame('calm'));
    for (let i = 1; i <= 3; i += 1) lanes.offer(urgent, frame(`urgent ${i}`, i));
    expect(Array.from({ length: 4 }, () => lanes.take(all)?.frame.name)).toEqual([
      'urgent 1',
      'calm',
      'urgent 2',
      'urgent 3',
    ]);
  });

  it('keeps only the newest frame of a live stream', () => {
    const lanes = new Lanes<Frame>(100);
    const lane = lanes.open({ newestOnly: true, maxInFlight: 1 });
    const frames = ['a', 'b', 'c'].map((name) => frame(name));
    for (const each of frames) lanes.offer(lane, each);
    expect(frames.map(({ dropped }) => dropped)).toEqual(['superseded', 'superseded', undefined]);
    expect(lanes.take(all)?.frame.name).toBe('c');
    expect(lanes.waiting).toBe(0);
  });

  it('runs no more frames of a stream at once than were agreed', () => {
    const lanes = new Lanes<Frame>(100);
    const lane = lanes.open(LOSSLESS);
    for (const name of ['a', 'b', 'c']) lanes.offer(lane, frame(name));
    expect([lanes.take(all), lanes.take(all), lanes.take(all)].map((taken) => taken?.frame.name)).toEqual([
      'a',
      'b',
      undefined,
    ]);
    lanes.finish(lane);
    expect(lanes.take(all)?.frame.name).toBe('c');
  });

  it('refuses what would wait beyond the limit, with a time to come back after', () => {
    const lanes = new Lanes<Frame>(1);
    lanes.offer(lanes.open(LOSSLESS), frame('a'));
    expect(() => lanes.offer(lanes.open(LOSSLESS), frame('b'))).toThrow(
      expect.objectContaining({ reason: 'QUEUE_FULL', retryAfterMs: 250 }),
    );
  });

  it('forgets what a stream that is gone had waiting', () => {
    const lanes = new Lanes<Frame>(10);
    const lane = lanes.open(LOSSLESS);
    const waiting = frame('a');
    lanes.offer(lane, waiting);
    lanes.clear(lane);
    expect(waiting.dropped).toBe('cancelled');
    expect(lanes.take(all)).toBeUndefined();
  });

  it('shares turns equally between streams that always have a frame waiting', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 200 }), (streams, turns) => {
        const lanes = new Lanes<Frame>(1000);
        const open = Array.from({ length: streams }, () => lanes.open({ newestOnly: true, maxInFlight: 1 }));
        const served = new Map<Lane<Frame>, number>();
        for (let turn = 0; turn < turns; turn += 1) {
          for (const lane of open) lanes.offer(lane, frame('next'));
          const taken = lanes.take(all);
          if (!taken) throw new Error('nothing was taken');
          served.set(taken.lane, (served.get(taken.lane) ?? 0) + 1);
          lanes.finish(taken.lane);
        }
        const counts = open.map((lane) => served.get(lane) ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
