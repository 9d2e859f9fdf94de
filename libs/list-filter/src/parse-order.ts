import { invalidField } from '@resmask/errors';
import { shown } from './filter-error.js';

/** One field a list is ordered by. */
export interface OrderTerm {
  readonly field: string;
  readonly descending: boolean;
}

const MAX_TERMS = 4;
const TERM = /^(\S+)(?:\s+(asc|desc))?$/;

/**
 * Reads the order of a list (AIP-132): fields divided by commas, each of which may be followed by `asc` or `desc`.
 * @returns nothing for an empty order, which means the list's own
 * @throws DomainError FIELD_INVALID for another form, and for a field that is not allowed or is there twice.
 */
export function parseOrder(text: string, allowed: readonly string[]): OrderTerm[] {
  if (text.trim() === '') return [];
  const parts = text.split(',', MAX_TERMS + 1);
  if (parts.length > MAX_TERMS)
    throw invalidField('order_by', `got more than ${MAX_TERMS} fields; at most ${MAX_TERMS} are allowed`);
  const terms = parts.map((part) => readTerm(part.trim(), allowed));
  const twice = terms.find(({ field }, i) => terms.findIndex((other) => other.field === field) < i);
  if (twice) throw invalidField('order_by', `got ${shown(twice.field)} twice; once is needed`);
  return terms;
}

function readTerm(part: string, allowed: readonly string[]): OrderTerm {
  const [, field, direction] = TERM.exec(part) ?? [];
  if (field === undefined)
    throw invalidField('order_by', `got ${shown(part)}; a field, then nothing, asc or desc, is needed`);
  if (!allowed.includes(field))
    throw invalidField('order_by', `got ${shown(field)}; allowed are ${allowed.join(', ')}`);
  return { field, descending: direction === 'desc' };
}
