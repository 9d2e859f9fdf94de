import { describe, expect, it } from 'vitest';
import { Drain } from './drain.js';

describe('Drain', () => {
  it('is idle without calls, and when the last one has left', async () => {
    const drain = new Drain();
    expect(await drain.idle(0)).toBe(true);
    const leave = [drain.enter(), drain.enter()];
    const idle = drain.idle(5000);
    leave[0]();
    leave[0]();
    expect(drain.openCalls).toBe(1);
    leave[1]();
    expect(await idle).toBe(true);
  });

  it('gives up after the timeout', async () => {
    const drain = new Drain();
    drain.enter();
    expect(await drain.idle(10)).toBe(false);
  });

  it('tells streams to end when it begins', () => {
    const drain = new Drain();
    expect(drain.signal.aborted).toBe(false);
    drain.begin();
    expect(drain.signal.aborted).toBe(true);
  });
});
