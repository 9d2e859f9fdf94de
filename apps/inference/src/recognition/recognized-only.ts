import type { Recognition, RecognizeOutcome } from '@resmask/engine';
import { DomainError } from '@resmask/errors';

/** What was recognised, for callers that have no other way to be told of a drop. @throws DomainError FRAME_EXPIRED, CANCELLED_BY_CALLER. */
export function recognizedOnly(outcome: RecognizeOutcome): Recognition {
  if (outcome.kind === 'recognized') return outcome.recognition;
  if (outcome.reason === 'expired') {
    const message =
      'its turn did not come within its deadline; send fewer frames, allow more time, or try another replica';
    throw new DomainError('FRAME_EXPIRED', message, { retryAfterMs: 250 });
  }
  throw new DomainError('CANCELLED_BY_CALLER', 'the caller no longer wants the answer');
}
