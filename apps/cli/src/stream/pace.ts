import { setTimeout as delay } from 'node:timers/promises';

/**
 * Gives the items of a source no faster than `perSecond`, by a schedule from the first one on: a slow consumer is not made up
 * for, but delays do not add up.
 */
export async function* pace<Item>(source: AsyncIterable<Item>, perSecond: number): AsyncGenerator<Item> {
  const start = performance.now();
  let index = 0;
  for await (const item of source) {
    const due = start + (index * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await delay(wait);
    index += 1;
    yield item;
  }
}
