import {
  DropReason,
  type DropReason as DropReasonMessage,
  type Face,
  type Frame,
  type StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import type { Recognition } from '@resmask/engine';
import { toDuration, toOptionalDuration } from '../duration.js';
import type { ServedModels } from '../model/serving-models.js';
import { toTimingsMessage } from '../recognition/recognition.messages.js';
import type { StreamLimits } from './stream-limits.js';
import type { StreamTerms } from './stream-terms.js';

export type Answer = NonNullable<StreamFramesResponse['message']>;

/** Why a live frame was not recognised. */
export type Drop = 'superseded' | 'expired' | 'rate-limited';

const REASONS: Readonly<Record<Drop, DropReasonMessage>> = {
  superseded: DropReason.DROP_REASON_SUPERSEDED,
  expired: DropReason.DROP_REASON_EXPIRED,
  'rate-limited': DropReason.DROP_REASON_RATE_LIMITED,
};

/** When things happened to a frame, by `performance.now()`. */
export interface FrameTimes {
  readonly readAt: number;
  /** It began to wait for its turn. */
  readonly offeredAt: number;
  /** Its answer was ready. */
  readonly readyAt: number;
}

export function acceptedAnswer(
  served: ServedModels,
  terms: StreamTerms,
  limits: StreamLimits,
  executionProvider: string,
): Answer {
  const { mode, maxInFlight, maxFaces, minFaceSize, topK, tracking, smoothing, explanation, alignment } = terms;
  return {
    $case: 'accepted',
    value: {
      model: served.classifier.name,
      detector: served.detector?.name ?? '',
      labels: [...served.labels],
      mode,
      maxInFlight,
      maxFaces,
      maxFramePixels: limits.maxFramePixels,
      maxMessageBytes: limits.maxMessageBytes,
      executionProvider,
      minFaceSize,
      topK,
      tracking,
      smoothing,
      explanation,
      frameDeadline: toOptionalDuration(terms.frameDeadlineMs),
      heartbeatInterval: toDuration(terms.heartbeatMs),
      alignment,
      maxFramesPerSecond: limits.maxFramesPerSecond,
      maxStreamAge: toOptionalDuration(limits.maxStreamAgeMs),
      idleTimeout: toOptionalDuration(limits.idleTimeoutMs),
      canary: served.canary,
    },
  };
}

export function resultAnswer(
  { frameId, captureTime }: Pick<Frame, 'frameId' | 'captureTime'>,
  { width, height, timings }: Recognition,
  faces: Face[],
  model: string,
  { readAt, offeredAt, readyAt }: FrameTimes,
): Answer {
  const now = performance.now();
  return {
    $case: 'result',
    value: {
      frameId,
      captureTime,
      width,
      height,
      faces,
      serverDuration: toDuration(now - readAt),
      timings: toTimingsMessage(timings, offeredAt - readAt, now - readyAt),
      model,
    },
  };
}

export function droppedAnswer({ frameId, captureTime }: Pick<Frame, 'frameId' | 'captureTime'>, drop: Drop): Answer {
  return { $case: 'dropped', value: { frameId, captureTime, reason: REASONS[drop] } };
}
