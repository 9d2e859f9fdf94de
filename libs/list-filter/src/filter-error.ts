import { type DomainError, invalidField } from '@resmask/errors';

/** What every refusal of a filter looks like: what was got and where, and what is needed or allowed instead. */
export function filterError(got: string, at: number, remedy: string): DomainError {
  return invalidField('filter', `got ${got} at position ${at}; ${remedy}`);
}
