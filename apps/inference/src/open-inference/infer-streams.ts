import { Inject, Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { CallErrors, Drain } from '@resmask/service-kit';
import type { StreamParts } from '../stream/frame-stream.js';
import { STREAM_PARTS } from '../stream/frame-streams.js';
import { type InferCall, InferStream } from './infer-stream.js';
import { TensorInference } from './tensor-inference.js';

/** Serves streams of requests up to a limit, which is that of frame streams. */
@Injectable()
export class InferStreams {
  #open = 0;

  constructor(
    readonly inference: TensorInference,
    readonly errors: CallErrors,
    readonly drain: Drain,
    @Inject(STREAM_PARTS) readonly parts: StreamParts,
  ) {}

  /** @throws DomainError TOO_MANY_STREAMS, or what ends the stream. */
  async serve(call: InferCall): Promise<void> {
    if (this.#open >= this.parts.limits.maxStreams) {
      const message = `${this.#open} streams are open, the most that is allowed; try another replica or later`;
      throw new DomainError('TOO_MANY_STREAMS', message, { retryAfterMs: 1000 });
    }
    this.#open += 1;
    try {
      await new InferStream(call, this).serve();
    } finally {
      this.#open -= 1;
    }
  }
}
