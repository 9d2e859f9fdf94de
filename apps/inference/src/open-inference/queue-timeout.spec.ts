import { DomainError } from '@resmask/errors';
import { describe, expect, it } from 'vitest';
import { withinQueueTimeout } from './queue-timeout.js';

const call = new AbortController().signal;

/** Waits for a turn that never comes, as the worker pool does. */
function waiting(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const cancelled = () => reject(new DomainError('CANCELLED_BY_CALLER', 'no longer wanted'));
    if (signal.aborted) cancelled();
    signal.addEventListener('abort', cancelled);
  });
}

describe('withinQueueTimeout', () => {
  it('gives what comes in time, and what is thrown in time', async () => {
    expect(await withinQueueTimeout(1_000_000, call, async () => 'done')).toBe('done');
    const failing = withinQueueTimeout(1_000_000, call, () => Promise.reject(new Error('own')));
    await expect(failing).rejects.toThrow('own');
  });

  it('ends the waiting when the time is over, and says so', async () => {
    await expect(withinQueueTimeout(1500, call, waiting)).rejects.toMatchObject({
      reason: 'QUEUE_TIMEOUT',
      message: expect.stringContaining('1500 microseconds'),
    });
  });

  it.each([0, 1_000_000])(
    'ends the waiting when the call is cancelled, which is no timeout: %i µs',
    async (timeout) => {
      const abort = new AbortController();
      const cancelled = withinQueueTimeout(timeout, abort.signal, waiting);
      abort.abort();
      await expect(cancelled).rejects.toMatchObject({ reason: 'CANCELLED_BY_CALLER' });
    },
  );

  it('never starts waiting for a call that is cancelled already', async () => {
    const gone = AbortSignal.abort();
    await expect(withinQueueTimeout(1_000_000, gone, waiting)).rejects.toMatchObject({ reason: 'CANCELLED_BY_CALLER' });
  });
});
