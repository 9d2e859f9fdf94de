import { DomainError } from '@resmask/errors';

/** The service stops. */
export function serverStopping(): DomainError {
  return new DomainError('DRAINING', 'this server is stopping; open a new stream and go on with the next frame', {
    retryAfterMs: 500,
  });
}

/** `RESMASK_MAX_STREAM_AGE_MS` is over. */
export function streamTooOld(): DomainError {
  return new DomainError(
    'STREAM_TOO_OLD',
    'the stream is as old as streams may get; open a new one and go on with the next frame',
    {
      retryAfterMs: 0,
    },
  );
}

/** @param milliseconds `RESMASK_STREAM_IDLE_TIMEOUT_MS` */
export function streamIdle(milliseconds: number): DomainError {
  return new DomainError(
    'STREAM_IDLE',
    `no frame came for ${milliseconds / 1000} s, the longest that is allowed; open a new stream`,
  );
}
