import { DomainError } from '@resmask/errors';

/**
 * Runs something that waits for its turn as long as the call is wanted and the timeout is not over.
 * @param timeoutUs in microseconds, kept to the millisecond; 0 for none
 * @param run takes a signal that ends the waiting, and must reject by it
 * @throws DomainError QUEUE_TIMEOUT, or what `run` throws.
 */
export async function withinQueueTimeout<Result>(
  timeoutUs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (timeoutUs === 0) return run(signal);
  const waiting = new AbortController();
  const cancel = (): void => waiting.abort();
  const timer = setTimeout(cancel, Math.ceil(timeoutUs / 1000));
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await run(waiting.signal);
  } catch (error) {
    const isOver = error instanceof DomainError && error.reason === 'CANCELLED_BY_CALLER' && !signal.aborted;
    throw isOver ? queueTimeout(timeoutUs) : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

function queueTimeout(timeoutUs: number): DomainError {
  const message = `no session was free within ${timeoutUs} microseconds, the request's "timeout"; wait longer or try again`;
  return new DomainError('QUEUE_TIMEOUT', message, { retryAfterMs: 100 });
}
