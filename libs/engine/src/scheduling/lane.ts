/** A frame that waits for its turn. */
export interface Waiting {
  /** When it is no use any more, by `performance.now()`; infinity for never. */
  readonly deadline: number;
  /** Told that it will never run, and why. */
  drop(reason: DropReason): void;
}

/** Why a waiting frame never ran: a newer one of its stream came, its deadline passed, or its stream is gone. */
export type DropReason = 'superseded' | 'expired' | 'cancelled';

export interface LaneOptions {
  /** Keep only the newest waiting frame; otherwise all wait in order. */
  readonly newestOnly: boolean;
  /** Frames that may run at once. */
  readonly maxInFlight: number;
}

/** One stream's frames: those that wait, and how many run. */
export interface Lane<Frame extends Waiting> {
  readonly options: LaneOptions;
  readonly waiting: Frame[];
  running: number;
  /** The round of turns this lane has its next frame in. */
  round: number;
}
