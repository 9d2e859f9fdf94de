import { DomainError } from '@resmask/errors';

/** A weight file that is damaged, or is something else. */
export function invalid(problem: string, cause?: unknown): DomainError {
  return new DomainError('WEIGHTS_INVALID', problem, { cause });
}

/** A weight file that is within its format and over a limit of this reader. */
export function tooLarge(problem: string): DomainError {
  return new DomainError('CHECKPOINT_TOO_LARGE', problem);
}
