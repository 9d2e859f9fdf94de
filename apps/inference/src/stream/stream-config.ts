import { DeliveryMode, type StreamConfig } from '@resmask/contracts/inference.v1';
import { invalidField } from '@resmask/errors';
import { toMaxFaces } from '../recognition/recognition.messages.js';

/** How a stream is served, with every default filled in. */
export interface StreamTerms {
  readonly mode: DeliveryMode.DELIVERY_MODE_LATEST | DeliveryMode.DELIVERY_MODE_LOSSLESS;
  readonly maxInFlight: number;
  readonly maxFaces: number;
}

const MAX_IN_FLIGHT = 64;

/** @throws DomainError FIELD_INVALID. */
export function toStreamTerms(config: StreamConfig, workers: number): StreamTerms {
  const { maxInFlight, maxFaces } = config;
  if (maxInFlight < 0 || maxInFlight > MAX_IN_FLIGHT) {
    throw invalidField(
      'config.max_in_flight',
      `got ${maxInFlight}; allowed are 0 (the server chooses) to ${MAX_IN_FLIGHT}`,
    );
  }
  const mode = toMode(config.mode);
  return {
    mode,
    maxInFlight: maxInFlight === 0 ? defaultInFlight(mode, workers) : maxInFlight,
    maxFaces: toMaxFaces(maxFaces),
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
