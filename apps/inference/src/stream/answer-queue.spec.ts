import { setImmediate as tick } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerQueue } from './answer-queue.js';

describe('AnswerQueue', () => {
  it('writes answers in the order their places were taken, whatever the order they are filled in', async () => {
    const orders = fc
      .integer({ min: 1, max: 30 })
      .chain((size) => fc.shuffledSubarray([...Array(size).keys()], { minLength: size }));
    await fc.assert(
      fc.asyncProperty(orders, fc.boolean(), async (order, slow) => {
        const written: number[] = [];
        const write = async (answer: number): Promise<void> => {
          if (slow) await tick();
          written.push(answer);
        };
        const queue = new AnswerQueue(write, () => {});
        const places = order.map(() => queue.take());
        for (const index of order) places[index].fill(index);
        await queue.written();
        expect(written).toEqual([...order].sort((a, b) => a - b));
        expect(queue.pending).toBe(0);
      }),
    );
  });

  it('counts what is not written, and tells of each that is', async () => {
    const counts: number[] = [];
    const queue: AnswerQueue<string> = new AnswerQueue(
      async () => {},
      () => counts.push(queue.pending),
    );
    const [first, second] = [queue.take(), queue.take()];
    second.fill('b');
    expect(queue.pending).toBe(2);
    first.fill('a');
    await queue.written();
    expect(counts).toEqual([1, 0]);
  });
});
