import { DomainError } from '@resmask/errors';
import type { DropReason, Lane, LaneOptions, Waiting } from './lane.js';

/**
 * The frames of all streams that wait, and whose turn it is. Streams take turns: in each round every stream that has a frame waiting
 * gets one through, those with the nearest deadline first, so that neither a fast nor an urgent stream can starve another.
 */
export class Lanes<Frame extends Waiting> {
  /** Lanes with frames waiting. */
  readonly #waiting = new Set<Lane<Frame>>();
  #round = 0;
  #count = 0;

  constructor(
    /** Frames of all streams together that may wait. */
    readonly maxWaiting: number,
  ) {}

  /** Frames that wait. */
  get waiting(): number {
    return this.#count;
  }

  open(options: LaneOptions): Lane<Frame> {
    return { options, waiting: [], running: 0, round: this.#round };
  }

  /**
   * Lets a frame wait; in a lane for the newest only, what waited before is dropped.
   * @throws DomainError QUEUE_FULL.
   */
  offer(lane: Lane<Frame>, frame: Frame): void {
    if (lane.options.newestOnly) this.#dropAll(lane, 'superseded');
    if (this.#count >= this.maxWaiting) {
      const message = `${this.#count} frames wait, the most that is allowed; send fewer frames, or try another replica`;
      throw new DomainError('QUEUE_FULL', message, { retryAfterMs: 250 });
    }
    lane.waiting.push(frame);
    this.#count += 1;
    if (lane.waiting.length > 1) return;
    this.#waiting.add(lane);
    // A lane that had nothing to do gets no turns in arrears.
    lane.round = Math.max(lane.round, this.#round);
  }

  /** The next frame whose turn it is among those that are accepted; it runs until `finish`. */
  take(accepts: (frame: Frame) => boolean): { frame: Frame; lane: Lane<Frame> } | undefined {
    const lane = this.#next(accepts);
    if (!lane) return undefined;
    const frame = lane.waiting[0];
    this.#remove(lane, 0);
    this.#round = Math.max(this.#round, lane.round);
    lane.round += 1;
    lane.running += 1;
    return { frame, lane };
  }

  /** A frame of the lane has run. */
  finish(lane: Lane<Frame>): void {
    lane.running -= 1;
  }

  /** Frames that could be taken now. */
  ready(accepts: (frame: Frame) => boolean): number {
    let count = 0;
    for (const lane of this.#waiting) if (isReady(lane, accepts)) count += 1;
    return count;
  }

  /** Drops a frame if it still waits. */
  drop(lane: Lane<Frame>, frame: Frame, reason: DropReason): void {
    const position = lane.waiting.indexOf(frame);
    if (position < 0) return;
    this.#remove(lane, position);
    frame.drop(reason);
  }

  /** Drops everything that waits in a lane. */
  clear(lane: Lane<Frame>): void {
    this.#dropAll(lane, 'cancelled');
  }

  #next(accepts: (frame: Frame) => boolean): Lane<Frame> | undefined {
    let best: Lane<Frame> | undefined;
    for (const lane of this.#waiting) {
      if (isReady(lane, accepts) && (!best || isBefore(lane, best))) best = lane;
    }
    return best;
  }

  #dropAll(lane: Lane<Frame>, reason: DropReason): void {
    while (lane.waiting.length > 0) {
      const [frame] = lane.waiting;
      this.#remove(lane, 0);
      frame.drop(reason);
    }
  }

  #remove(lane: Lane<Frame>, position: number): void {
    lane.waiting.splice(position, 1);
    this.#count -= 1;
    if (lane.waiting.length === 0) this.#waiting.delete(lane);
  }
}

function isReady<Frame extends Waiting>(lane: Lane<Frame>, accepts: (frame: Frame) => boolean): boolean {
  return lane.running < lane.options.maxInFlight && accepts(lane.waiting[0]);
}

function isBefore<Frame extends Waiting>(lane: Lane<Frame>, other: Lane<Frame>): boolean {
  if (lane.round !== other.round) return lane.round < other.round;
  return lane.waiting[0].deadline < other.waiting[0].deadline;
}
