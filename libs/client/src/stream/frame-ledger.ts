import { DropReason, type Frame } from '@resmask/contracts/inference.v1';
import type { FrameReply, LocalDrop } from './frame-answer.js';
import type { FrameInput } from './frame-input.js';

/** A frame the caller gave, until its answer has been given back. */
export interface FrameEntry {
  readonly frameId: number;
  readonly captureTime: Frame['captureTime'];
  /** What is sent; let go of when it will not be sent again. */
  input: FrameInput | undefined;
  /** The encoded frame, once its turn to be sent has come. */
  frame?: Promise<Frame>;
  /** The call it was sent on and whose answer is awaited. */
  call?: object;
  /** It was sent on a call that is lost. */
  lost?: boolean;
  /** The client's own answer. */
  reply?: FrameReply;
}

/** Accounts for every frame of a stream over any number of calls: one answer for each, in order. */
export class FrameLedger {
  /** In the order they were given; the first is the next to be answered. */
  readonly #entries: FrameEntry[] = [];
  #unsent: FrameEntry[] = [];
  #lastSent: FrameEntry | undefined;

  /** @param newestOnly a newer frame takes the place of those that have not been sent, and what is lost is not sent again */
  constructor(readonly newestOnly: boolean) {}

  /** Frames without an answer, or whose answer has not been taken. */
  get size(): number {
    return this.#entries.length;
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /** Takes a frame that is to be sent. */
  add(input: FrameInput): void {
    if (this.newestOnly)
      for (const entry of this.#unsent.splice(0)) drop(entry, entry.lost ? 'disconnected' : 'superseded');
    this.#unsent.push(this.#push(input));
  }

  /** Takes a frame that is not to be sent. */
  addDropped(input: FrameInput, why: LocalDrop): void {
    drop(this.#push(input), why);
  }

  /** The next frame to send on a call; from now on its answer is awaited there. */
  take(call: object): FrameEntry | undefined {
    const entry = this.#unsent.shift();
    if (!entry) return undefined;
    if (this.newestOnly && this.#lastSent) forget(this.#lastSent);
    this.#lastSent = entry;
    entry.call = call;
    return entry;
  }

  /** Answers a frame that cannot be sent. */
  refuse(entry: FrameEntry, reply: FrameReply): void {
    forget(entry);
    entry.call = undefined;
    entry.reply = reply;
  }

  /** Takes back a frame that could not be encoded, and what came after it. */
  discardFrom(entry: FrameEntry): void {
    const start = this.#entries.indexOf(entry);
    const gone = new Set(start < 0 ? [] : this.#entries.splice(start));
    this.#unsent = this.#unsent.filter((other) => !gone.has(other));
  }

  /** Whether a call still owes answers. */
  awaits(call: object): boolean {
    return this.#entries.some((entry) => entry.call === call);
  }

  /**
   * Strikes out the frame the service has answered.
   * @returns `next` if it was its turn, `early` if an earlier frame has no answer, `unknown` if nobody waits for it
   */
  settle(frameId: number): 'next' | 'early' | 'unknown' {
    const [first] = this.#entries;
    if (first?.call && first.frameId === frameId) {
      this.#entries.shift();
      return 'next';
    }
    return this.#entries.some((entry) => entry.call && entry.frameId === frameId) ? 'early' : 'unknown';
  }

  /** The client's own answer to the first frame, if it has one. */
  shiftReply(): FrameReply | undefined {
    return this.#entries[0]?.reply && this.#entries.shift()?.reply;
  }

  /** Has frames that were sent, from this one on, sent again; of a live stream only the newest, unless a newer one waits. */
  rewind(fromFrameId = Number.NEGATIVE_INFINITY): void {
    const start = this.#entries.findIndex(({ call, frameId }) => call && frameId >= fromFrameId);
    const sent = start < 0 ? [] : this.#entries.slice(start).filter(({ call }) => call);
    for (const entry of sent) Object.assign(entry, { call: undefined, lost: true });
    const again = this.newestOnly ? (this.hasUnsent ? [] : sent.slice(-1)) : sent;
    for (const entry of sent) if (!again.includes(entry)) drop(entry, 'disconnected');
    this.#unsent = [...again, ...this.#unsent];
    this.#lastSent = undefined;
  }

  #push(input: FrameInput): FrameEntry {
    const entry = { frameId: input.frameId, captureTime: input.captureTime, input };
    this.#entries.push(entry);
    return entry;
  }
}

function drop(entry: FrameEntry, local: LocalDrop): void {
  forget(entry);
  const { frameId, captureTime } = entry;
  const reason = local === 'superseded' ? DropReason.DROP_REASON_SUPERSEDED : DropReason.DROP_REASON_UNSPECIFIED;
  entry.reply = { $case: 'dropped', value: { frameId, captureTime, reason, local } };
}

/** Thousands of entries may wait for their turn to be answered; their pixels must not. */
function forget(entry: FrameEntry): void {
  entry.input = undefined;
  entry.frame = undefined;
}
