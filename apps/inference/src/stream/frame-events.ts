import type { Recognition } from '@resmask/engine';
import type { Drop } from './stream-answers.js';

/** Where a frame's time went besides the engine, in milliseconds. */
export interface FrameWaits {
  /** From its being read to its waiting for a turn. */
  readonly receiveMs: number;
  /** From the answer's being ready to its being written. */
  readonly sendMs: number;
  /** From its being read to its answer's being written. */
  readonly totalMs: number;
}

/** What became of a face that was shown to a shadow: the same most probable label, another, or no answer. */
export type ShadowVerdict = 'agrees' | 'differs' | 'failed';

/** What streams and calls tell whoever measures the service; everything is synchronous and cheap. */
export interface FrameEvents {
  streamOpened(): void;
  streamClosed(): void;
  /** @param version its resource name */
  recognized(recognition: Recognition, version: string, waits: FrameWaits): void;
  dropped(drop: Drop): void;
  /** @param reason of the closed set, or `INTERNAL` */
  failed(reason: string): void;
  /** A face of an answered frame was shown to a shadow. @param version resource name of the shadow */
  shadowCompared(version: string, verdict: ShadowVerdict): void;
}

/** Injection token of the `FrameEvents` of unary calls. */
export const FRAME_EVENTS = Symbol('FrameEvents');

export const SILENT: FrameEvents = {
  streamOpened: () => {},
  streamClosed: () => {},
  recognized: () => {},
  dropped: () => {},
  failed: () => {},
  shadowCompared: () => {},
};
