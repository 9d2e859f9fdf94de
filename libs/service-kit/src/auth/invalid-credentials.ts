import { DomainError } from '@resmask/errors';

/** Credentials that do not prove who the caller is. The description says what is wrong with them, and never repeats them. */
export function invalidCredentials(description: string, cause?: unknown): DomainError {
  return new DomainError('CREDENTIALS_INVALID', description, { cause });
}
