import type { ServerDuplexStream, ServerReadableStream, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { EMPTY, type Observable } from 'rxjs';
import { CallErrors } from './call-errors.js';
import { Drain } from './drain.js';

interface WritableCall<Response> {
  readonly cancelled: boolean;
  write(message: Response): boolean;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * Runs streaming handlers so that nothing they do can end the process: errors become the call's status, a client's cancel is no
 * error, writing waits for the client, and open calls are counted for draining.
 */
@Injectable()
export class Streams {
  constructor(
    readonly drain: Drain,
    readonly errors: CallErrors,
  ) {}

  /** A bidirectional call. The handler reads with `messagesOf`; the call ends when it returns. */
  duplex<Request, Response>(call: ServerDuplexStream<Request, Response>, handle: () => Promise<void>): void {
    call.on('error', ignore);
    const leave = this.drain.enter();
    handle()
      .then(() => call.end())
      .catch((error: unknown) => {
        if (!call.cancelled) call.emit('error', this.errors.toCallError(error));
      })
      .finally(leave);
  }

  /** A client-streaming call: its answer is what the handler returns. */
  collect<Request, Response>(
    call: ServerReadableStream<Request, Response>,
    answer: sendUnaryData<Response>,
    handle: () => Promise<Response>,
  ): void {
    call.on('error', ignore);
    const leave = this.drain.enter();
    handle()
      .then((response) => answer(null, response))
      .catch((error: unknown) => {
        if (!call.cancelled) answer(this.errors.toCallError(error));
        // Whatever the client still sends is read and forgotten, so that it gets to see the status.
        call.resume();
      })
      .finally(leave);
  }

  /** A server-streaming call: writes what the handler yields as fast as the client reads. */
  async emit<Response>(
    call: ServerWritableStream<unknown, Response>,
    responses: AsyncIterable<Response>,
  ): Promise<Observable<never>> {
    for await (const response of responses) {
      if (call.cancelled) break;
      await writeMessage(call, response);
    }
    return EMPTY;
  }
}

/** The messages of a call, one by one; the call stays whole at half-close, unlike with a bare `for await`. */
export function messagesOf<Request>(
  call: ServerReadableStream<Request, unknown> | ServerDuplexStream<Request, unknown>,
): AsyncIterable<Request> {
  return call.iterator({ destroyOnReturn: false }) as AsyncIterable<Request>;
}

/** Writes one message and waits while the client does not read. Resolves at once when the call is cancelled. */
export async function writeMessage<Response>(call: WritableCall<Response>, message: Response): Promise<void> {
  if (call.cancelled || call.write(message)) return;
  await new Promise<void>((resolve) => {
    // After a cancel `drain` never comes.
    const events = ['drain', 'cancelled', 'close'];
    const done = (): void => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.once(event, done);
  });
}

function ignore(): void {}
