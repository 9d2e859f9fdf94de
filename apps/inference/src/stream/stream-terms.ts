import {
  DeliveryMode,
  type Smoothing,
  type StreamConfig,
  type StreamExplanation,
} from '@resmask/contracts/inference.v1';
import type { RegionInput } from '@resmask/engine';
import { invalidField } from '@resmask/errors';
import { fromDuration } from '../duration.js';
import { integerField } from '../integer-field.js';
import { toMaxFaces, toMinFaceSize, toRegions, toTopK } from '../recognition/recognition.messages.js';

/** How a stream is served, with every default filled in. */
export interface StreamTerms {
  readonly mode: DeliveryMode.DELIVERY_MODE_LATEST | DeliveryMode.DELIVERY_MODE_LOSSLESS;
  readonly maxInFlight: number;
  readonly maxFaces: number;
  /** In pixels of the image; 0 for any. */
  readonly minFaceSize: number;
  readonly regions: readonly RegionInput[];
  /** Labels per face; 0 for all. */
  readonly topK: number;
  readonly tracking: boolean;
  readonly smoothing: Smoothing | undefined;
  readonly explanation: StreamExplanation | undefined;
  readonly alignment: boolean;
  /** Milliseconds from reading a frame; infinity for never. */
  readonly frameDeadlineMs: number;
  /** Longest silence of the server, in milliseconds. */
  readonly heartbeatMs: number;
}

const MAX_IN_FLIGHT = 64;
const HEARTBEAT = { unset: 15_000, min: 1000, max: 3_600_000 };
export const FRAME_DEADLINE = { unset: Number.POSITIVE_INFINITY, min: 1, max: 3_600_000 };
const HALF_LIFE = { unset: 0, min: 1, max: 60_000 };
const MAX_MEDIAN_FRAMES = 64;

/** @throws DomainError FIELD_INVALID, REGION_INVALID or TOO_MANY_REGIONS. */
export function toStreamTerms(config: StreamConfig, workers: number): StreamTerms {
  const mode = toMode(config.mode);
  const maxInFlight = integerField(config.maxInFlight, 'config.max_in_flight', MAX_IN_FLIGHT, 'the server chooses');
  return {
    mode,
    maxInFlight: maxInFlight || defaultInFlight(mode, workers),
    maxFaces: toMaxFaces(config.maxFaces),
    minFaceSize: toMinFaceSize(config.minFaceSize),
    regions: toRegions(config.regions),
    topK: toTopK(config.topK),
    tracking: config.tracking,
    smoothing: checkSmoothing(config),
    explanation: checkExplanation(config.explanation),
    alignment: config.alignment,
    frameDeadlineMs: fromDuration(config.frameDeadline, 'config.frame_deadline', FRAME_DEADLINE),
    heartbeatMs: fromDuration(config.heartbeatInterval, 'config.heartbeat_interval', HEARTBEAT),
  };
}

function toMode(mode: DeliveryMode): StreamTerms['mode'] {
  switch (mode) {
    case DeliveryMode.DELIVERY_MODE_UNSPECIFIED:
    case DeliveryMode.DELIVERY_MODE_LATEST:
      return DeliveryMode.DELIVERY_MODE_LATEST;
    case DeliveryMode.DELIVERY_MODE_LOSSLESS:
      return DeliveryMode.DELIVERY_MODE_LOSSLESS;
    default:
      throw invalidField('config.mode', `got ${mode}; allowed are DELIVERY_MODE_LATEST and DELIVERY_MODE_LOSSLESS`);
  }
}

/** Live: as many as workers, so that none of them grows old. Files: twice that, so that no worker ever waits for the network. */
function defaultInFlight(mode: StreamTerms['mode'], workers: number): number {
  const frames = mode === DeliveryMode.DELIVERY_MODE_LATEST ? workers : workers * 2;
  return Math.min(frames, MAX_IN_FLIGHT);
}

function checkSmoothing({ smoothing, tracking }: StreamConfig): Smoothing | undefined {
  const method = smoothing?.method;
  if (!smoothing) return undefined;
  if (!tracking) throw invalidField('config.smoothing', 'it is set without `tracking`; smoothing follows tracks');
  if (method?.$case === 'halfLife') fromDuration(method.value, 'config.smoothing.half_life', HALF_LIFE);
  else if (method?.$case !== 'medianFrames')
    throw invalidField('config.smoothing', 'it is empty; set half_life or median_frames');
  else if (method.value < 2 || method.value > MAX_MEDIAN_FRAMES) {
    const description = `got ${method.value}; allowed are 2 to ${MAX_MEDIAN_FRAMES}`;
    throw invalidField('config.smoothing.median_frames', description);
  }
  return smoothing;
}

function checkExplanation(explanation: StreamExplanation | undefined): StreamExplanation | undefined {
  if (explanation && explanation.everyNthFrame < 1) {
    throw invalidField('config.explanation.every_nth_frame', `got ${explanation.everyNthFrame}; at least 1 is needed`);
  }
  return explanation;
}
