import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';

interface Order {
  say?: string;
  set?: string;
  wait?: number;
  fail?: string;
  exit?: boolean;
}
interface Answer {
  say?: string;
  state: string;
}

const ENTRY = new URL('../test-workers/echo.mjs', import.meta.url);

describe('WorkerPool', () => {
  let pool: WorkerPool<Order, Answer>;
  const start = (options: Partial<WorkerPoolOptions> = {}): WorkerPool<Order, Answer> => {
    pool = new WorkerPool<Order, Answer>({ entry: ENTRY, size: 2, ...options });
    return pool;
  };
  afterEach(() => pool.close());

  it('answers every request with its own answer', async () => {
    start();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => pool.run({ say: String(i), wait: i % 3 })));
    expect(answers.map(({ say }) => say)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  it('carries domain errors with their reason, and others with their text', async () => {
    start();
    await expect(pool.run({ fail: 'domain' })).rejects.toMatchObject({
      reason: 'FRAME_UNDECODABLE',
      metadata: { at: 'worker' },
    });
    await expect(pool.run({ fail: 'boom' })).rejects.toThrow('boom');
  });

  it('replaces a worker that ends, and fails only the task that ran on it', async () => {
    const lost: string[] = [];
    start({ size: 1, onWorkerLost: (error) => lost.push(error.message) });
    const dying = pool.run({ exit: true });
    const next = pool.run({ say: 'after' });
    await expect(dying).rejects.toMatchObject({ reason: 'WORKER_LOST' });
    expect(await next).toEqual({ say: 'after', state: 'fresh' });
    expect(lost).toEqual(['a worker thread ended']);
  });

  it('takes a cancelled request out of the queue and never runs it', async () => {
    start({ size: 1 });
    const busy = pool.run({ wait: 50 });
    const controller = new AbortController();
    const waiting = pool.run({ set: 'must not happen' }, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED_BY_CALLER' });
    await busy;
    expect((await pool.run({})).state).toBe('fresh');
  });

  it('refuses work once it is closed, and fails what still waited', async () => {
    start({ size: 1 });
    const running = pool.run({ wait: 1000 });
    const waiting = pool.run({});
    await Promise.all([
      pool.close(),
      expect(running).rejects.toMatchObject({ reason: 'SERVICE_UNAVAILABLE' }),
      expect(waiting).rejects.toMatchObject({ reason: 'SERVICE_UNAVAILABLE' }),
    ]);
    await expect(pool.run({})).rejects.toMatchObject({ reason: 'SERVICE_UNAVAILABLE' });
  });
});
