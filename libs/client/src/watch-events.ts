import { setTimeout as delay } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { Event, WatchEventsRequest, WatchEventsResponse } from '@resmask/contracts/registry.v1';
import { ResmaskError } from './resmask-error.js';

export interface WatchEventsOptions {
  /** Number of the last event seen; 0 (as is taken without it) for all there have been, -1 for new ones only. */
  readonly after?: number;
  /** Only of this model, `namespaces/{namespace}/models/{model}`. */
  readonly model?: string;
  /** Ends the watch. */
  readonly signal?: AbortSignal;
  /** Told whenever a connection has begun to watch: what changes from now on is not missed. */
  readonly onConnected?: () => void;
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 5_000;
/** In a row: about ten minutes of a service that is away. */
const MAX_FAILURES = 120;

/** Follows events over any number of connections; every event once, in order. @throws ResmaskError for what no retry can mend. */
export async function* watchEvents(
  open: (request: WatchEventsRequest) => ClientReadableStream<WatchEventsResponse>,
  parent: string,
  { after = 0, model = '', signal, onConnected }: WatchEventsOptions,
): AsyncGenerator<Event> {
  let cursor = after;
  let failures = 0;
  for (let wait = FIRST_RETRY_MS; !signal?.aborted; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
    let connected = false;
    const call = open({ parent, after: cursor, model });
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const { message } of call as AsyncIterable<WatchEventsResponse>) {
        if (!connected) onConnected?.();
        connected = true;
        wait = FIRST_RETRY_MS;
        failures = 0;
        // The number of the last event there is: from there a watch for new ones goes on after a lost connection.
        if (message?.$case === 'heartbeat' && cursor < 0) cursor = message.value;
        if (message?.$case !== 'event') continue;
        cursor = message.value.number;
        yield message.value;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const known = ResmaskError.from(error);
      if (!mayPass(known) || failures >= MAX_FAILURES) throw known;
      failures += 1;
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
    await delay(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}

/** The service says what it means by a reason; an error without one is the connection's, and another connection may do. */
function mayPass(error: unknown): error is ResmaskError {
  return error instanceof ResmaskError && (error.code === 'UNAVAILABLE' || error.reason === '');
}
