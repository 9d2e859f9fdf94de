import { DomainError } from '@resmask/errors';

/** The bytes are no pickle, or end too early. */
export function damaged(problem: string): DomainError {
  return new DomainError('WEIGHTS_INVALID', `the pickle is damaged: ${problem}`);
}

/** The pickle asks for something that could run code; nothing of it was run. */
export function unsafe(problem: string): DomainError {
  return new DomainError(
    'CHECKPOINT_UNSAFE',
    `${problem}, which is not allowed: weights need plain data and tensors only, and nothing was executed. ` +
      'If you trust the file, load it in Python and save its state_dict() alone',
  );
}

/** The pickle is within its format and over a limit of this reader. */
export function tooLarge(problem: string): DomainError {
  return new DomainError('CHECKPOINT_TOO_LARGE', problem);
}
