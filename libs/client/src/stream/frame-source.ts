import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Condition } from '../condition.js';
import type { FrameInput } from './frame-input.js';
import type { FrameLedger } from './frame-ledger.js';
import type { FramePacer } from './frame-pacer.js';

/** Of a live stream, whose entries are a few bytes each: minutes of a camera nobody answers. */
const MAX_LIVE_ENTRIES = 4096;

/** Reads the caller's frames into the ledger, no further than there is room. */
export class FrameSource {
  #iterator: AsyncIterator<FrameInput>;
  #room = 0;
  #reading = false;
  #closed = false;
  /** No more frames will come. */
  ended = false;
  /** What the source, or encoding one of its images, threw. */
  failure: { readonly error: unknown } | undefined;

  constructor(
    frames: AsyncIterable<FrameInput>,
    readonly ledger: FrameLedger,
    readonly pacer: FramePacer,
    readonly changed: Condition,
  ) {
    this.#iterator = frames[Symbol.asyncIterator]();
  }

  /** Begins to read, or goes on with another bound. @param room frames of a lossless stream that may be without an answer */
  read(room: number): void {
    this.#room = this.ledger.newestOnly ? MAX_LIVE_ENTRIES : room;
    if (this.#reading) return;
    this.#reading = true;
    this.#pull();
  }

  /** Ends the source as if it had thrown this. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.ended = true;
    this.changed.notifyAll();
  }

  close(): void {
    this.#closed = true;
    // Not awaited: a source that waits for its camera would hold the caller up.
    this.#iterator.return?.().catch(() => {});
  }

  async #pull(): Promise<void> {
    while (!this.#closed && !this.ended) {
      if (this.ledger.size >= this.#room) await this.changed.wait();
      else await this.#pullOne();
    }
  }

  async #pullOne(): Promise<void> {
    try {
      const { done, value } = await this.#iterator.next();
      if (this.#closed || this.ended) return;
      if (done) this.ended = true;
      else if (this.pacer.take(performance.now())) this.ledger.add(value);
      else this.ledger.addDropped(value, 'paced');
      this.changed.notifyAll();
      // A source that is never out of frames must not keep them from being sent.
      if (this.ledger.newestOnly) await nextTurn();
    } catch (error) {
      this.fail(error);
    }
  }
}
