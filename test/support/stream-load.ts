import { setTimeout as delay } from 'node:timers/promises';
import type { FrameInput } from '@resmask/client';
import { grayFrame } from './gray-frames.js';
import type { TestStream } from './test-stream.js';

export interface LoadOptions {
  /** Pause between two frames, in milliseconds. */
  readonly everyMs: number;
  /** Frames of one stream that may be without an answer. */
  readonly window?: number;
  readonly frame?: (frameId: number) => FrameInput;
}

/** Sends frames on a stream, by the clock but never more than a window of unanswered ones, until it is stopped or the stream ends. */
export class StreamLoad {
  readonly #running: Promise<void>;
  #stopped = false;

  constructor(
    readonly stream: TestStream,
    readonly options: LoadOptions,
  ) {
    this.#running = this.#run();
  }

  /** Sends no more, and waits until everything sent is answered and the stream has ended. */
  async finish(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.stream.finish();
  }

  /** Sends no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { everyMs, window = 8, frame = grayFrame } = this.options;
    const { stream } = this;
    for (let frameId = 1; !this.#stopped && stream.end === undefined; frameId += 1) {
      stream.send(frame(frameId));
      await stream.until(({ sent, replies }) => sent.length - replies.length < window).catch(() => {});
      await delay(everyMs);
    }
  }
}
