import { type Comparison, filterError, shown } from '@resmask/list-filter';
import type { MapKeys } from './list-table.js';
import { flagOf, numberOf } from './read-literal.js';
import type { SqlValues } from './sql-values.js';

interface MapField {
  readonly sql: string;
  readonly keys: MapKeys;
}

const SAME: ReadonlySet<string> = new Set(['=', '!=', ':']);

/** SQL that tells whether a map has a key. @throws DomainError FIELD_INVALID. */
export function hasKeySql({ sql, keys }: MapField, { field, value, valueAt }: Comparison, values: SqlValues): string {
  expectKey(value.text, valueAt, field, keys);
  return `jsonb_exists(${sql}, ${values.add(value.text, 'text')})`;
}

/**
 * SQL of a comparison with one value of a map. What the value in the row is decides how it is compared; one that is not there, or that is
 * of a type that cannot be compared like this, is no match.
 * @throws DomainError FIELD_INVALID.
 */
export function tagSql({ sql: map, keys }: MapField, key: string, comparison: Comparison, values: SqlValues): string {
  const { operator, value, field, fieldAt } = comparison;
  expectKey(key, fieldAt + field.length - key.length, field, keys);
  const place = values.add(key, 'text');
  if (operator === ':' && value.text === '*' && !value.quoted) return `jsonb_exists(${map}, ${place})`;
  const cases = tagCases(`${map} ->> ${place}`, comparison, values);
  // Only CASE promises that no text is cast to a number.
  return `CASE jsonb_typeof(${map} -> ${place}) ${cases.join(' ')} ELSE false END`;
}

function tagCases(tag: string, comparison: Comparison, values: SqlValues): string[] {
  const { operator, value } = comparison;
  const number = numberOf(comparison);
  const flag = flagOf(comparison);
  const isSame = SAME.has(operator);
  const sign = operator === ':' ? '=' : operator;
  const cases: string[] = [];
  // 9 < 10 is about numbers: texts would be compared letter by letter.
  if (number === undefined || isSame)
    cases.push(`WHEN 'string' THEN (${tag}) ${sign} ${values.add(value.text, 'text')}`);
  if (number !== undefined) cases.push(`WHEN 'number' THEN (${tag})::float8 ${sign} ${values.add(number, 'float8')}`);
  if (flag !== undefined && isSame)
    cases.push(`WHEN 'boolean' THEN (${tag})::boolean ${sign} ${values.add(flag, 'boolean')}`);
  return cases;
}

function expectKey(key: string, at: number, field: string, { pattern, allowed }: MapKeys): void {
  if (pattern.test(key)) return;
  throw filterError(shown(key), at, `a key of ${field.split('.')[0]} has ${allowed}`);
}
