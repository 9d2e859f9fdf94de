import type { Recognition } from '@resmask/engine';
import type { Drop } from './stream-answers.js';

/** What streams and calls tell whoever measures the service; everything is synchronous and cheap. */
export interface FrameEvents {
  streamOpened(): void;
  streamClosed(): void;
  /** @param model resource name of the version @param sendMs from the answer's being ready to its being written */
  recognized(recognition: Recognition, model: string, totalMs: number, sendMs: number): void;
  dropped(drop: Drop): void;
  /** @param reason of the closed set, or `INTERNAL` */
  failed(reason: string): void;
  /** A face of an answered frame was shown to a shadow. @param version resource name of the shadow */
  shadowCompared(version: string, verdict: 'agrees' | 'differs' | 'failed'): void;
}

export const SILENT: FrameEvents = {
  streamOpened: () => {},
  streamClosed: () => {},
  recognized: () => {},
  dropped: () => {},
  failed: () => {},
  shadowCompared: () => {},
};
