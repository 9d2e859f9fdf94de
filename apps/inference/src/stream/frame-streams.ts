import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { type FrameCall, FrameStream, type StreamParts } from './frame-stream.js';

export const STREAM_PARTS = Symbol('StreamParts');
export const MAX_STREAMS = Symbol('MaxStreams');

/** Serves streams up to a limit. */
@Injectable()
export class FrameStreams {
  #open = 0;

  constructor(
    @Inject(STREAM_PARTS) readonly parts: StreamParts,
    @Inject(MAX_STREAMS) readonly maxStreams: number,
  ) {}

  get open(): number {
    return this.#open;
  }

  /** @throws DomainError TOO_MANY_STREAMS, or what ends the stream. */
  async serve(call: FrameCall): Promise<void> {
    if (this.#open >= this.maxStreams) {
      const message = `${this.#open} streams are open, the most that is allowed; try another replica or later`;
      throw new DomainError('TOO_MANY_STREAMS', message, { retryAfterMs: 1000 });
    }
    this.#open += 1;
    try {
      await new FrameStream(call, this.parts).serve();
    } finally {
      this.#open -= 1;
    }
  }
}
