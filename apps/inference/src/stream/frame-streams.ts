import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { clientOf } from './client-of.js';
import { type FrameCall, FrameStream, type StreamParts } from './frame-stream.js';

export const STREAM_PARTS = Symbol('StreamParts');

const TICK_MS = 500;

/** Serves streams up to their limits. */
@Injectable()
export class FrameStreams implements OnApplicationShutdown {
  readonly #open = new Set<FrameStream>();
  readonly #perClient = new Map<string, number>();
  /** One clock for all streams: thousands of idle ones must cost nothing. */
  readonly #clock: NodeJS.Timeout;

  constructor(@Inject(STREAM_PARTS) readonly parts: StreamParts) {
    this.#clock = setInterval(() => this.#tick(), TICK_MS);
    this.#clock.unref();
  }

  get open(): number {
    return this.#open.size;
  }

  /** @throws DomainError TOO_MANY_STREAMS, or what ends the stream. */
  async serve(call: FrameCall): Promise<void> {
    const client = clientOf(call);
    this.#checkLimits(client);
    const stream = new FrameStream(call, this.parts);
    this.#open.add(stream);
    this.#perClient.set(client, (this.#perClient.get(client) ?? 0) + 1);
    this.parts.events.streamOpened();
    try {
      await stream.serve();
    } finally {
      this.parts.events.streamClosed();
      this.#open.delete(stream);
      this.#leave(client);
    }
  }

  onApplicationShutdown(): void {
    clearInterval(this.#clock);
  }

  #checkLimits(client: string): void {
    const { maxStreams, maxStreamsPerClient } = this.parts.limits;
    const own = this.#perClient.get(client) ?? 0;
    if (this.#open.size < maxStreams && own < maxStreamsPerClient) return;
    const message =
      own < maxStreamsPerClient
        ? `${this.#open.size} streams are open, the most that is allowed; try another replica or later`
        : `${own} streams of this client are open, the most that is allowed; end one first`;
    throw new DomainError('TOO_MANY_STREAMS', message, { retryAfterMs: 1000 });
  }

  #leave(client: string): void {
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left === 0) this.#perClient.delete(client);
    else this.#perClient.set(client, left);
  }

  #tick(): void {
    const now = performance.now();
    for (const stream of this.#open) stream.tick(now);
  }
}
