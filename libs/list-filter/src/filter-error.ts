import { type DomainError, invalidField } from '@resmask/errors';

const MAX_SHOWN = 63;

/** What every refusal of a filter looks like: what was got and where, and what is needed or allowed instead. */
export function filterError(got: string, at: number, remedy: string): DomainError {
  return invalidField('filter', `got ${got} at position ${at}; ${remedy}`);
}

/** A part of a request in quotes; a long one is cut, since errors travel in headers, and headers have a limit. */
export function shown(text: string): string {
  const characters = Array.from(text);
  return characters.length <= MAX_SHOWN ? `"${text}"` : `"${characters.slice(0, MAX_SHOWN).join('')}…"`;
}
