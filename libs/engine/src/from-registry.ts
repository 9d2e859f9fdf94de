import { ResmaskError } from '@resmask/client';
import { DomainError, isReason } from '@resmask/errors';

/** The registry's own words where it gave a reason; otherwise that it cannot be reached. */
export function fromRegistry(error: unknown): unknown {
  if (!(error instanceof ResmaskError)) return error;
  const { reason, message, metadata, violations } = error;
  // Said of this service's own credentials; passed on, a client would take it for a word about theirs.
  if (error.code === 'UNAUTHENTICATED' || error.code === 'PERMISSION_DENIED') {
    return new DomainError('SERVICE_UNAVAILABLE', `the model registry refuses this service itself: ${message}`, {
      cause: error,
    });
  }
  if (isReason(reason)) return new DomainError(reason, message, { metadata, violations, cause: error });
  return new DomainError(
    'SERVICE_UNAVAILABLE',
    `the model registry cannot be used at the moment (${error.code}); try again`,
    {
      cause: error,
      retryAfterMs: 1000,
    },
  );
}
