import { type Comparison, filterError, shown } from '@resmask/list-filter';

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const IN_RANGE = /^(?!0000)\d{4}-/;

/** The number a comparison's value is, if it is one: quoted it is text. */
export function numberOf({ value: { text, quoted } }: Comparison): number | undefined {
  const number = Number(text);
  return !quoted && NUMBER.test(text) && Number.isFinite(number) ? number : undefined;
}

/** The flag a comparison's value is, if it is one: quoted it is text. */
export function flagOf({ value: { text, quoted } }: Comparison): boolean | undefined {
  return !quoted && (text === 'true' || text === 'false') ? text === 'true' : undefined;
}

/** @throws DomainError FIELD_INVALID. */
export function readNumber(comparison: Comparison): number {
  return numberOf(comparison) ?? refuse(comparison, 'is compared with a number, without quotes');
}

/** @returns an RFC 3339 time in UTC @throws DomainError FIELD_INVALID. */
export function readTime(comparison: Comparison): string {
  const { text } = comparison.value;
  const [, year, month, day] = TIME.exec(text)?.map(Number) ?? [];
  const time = new Date(text);
  // Date takes the 30th of February for the 2nd of March.
  const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  const utc = isDay && !Number.isNaN(time.getTime()) ? time.toISOString() : '';
  return IN_RANGE.test(utc) ? utc : refuse(comparison, 'is compared with a time such as "2026-01-31T12:00:00Z"');
}

/** @returns the database's word for one of the wire @throws DomainError FIELD_INVALID. */
export function readName(comparison: Comparison, names: Readonly<Record<string, string>>): string {
  const { text } = comparison.value;
  if (Object.hasOwn(names, text)) return names[text];
  return refuse(comparison, `is one of ${Object.keys(names).join(', ')}`);
}

function refuse({ field, value, valueAt }: Comparison, remedy: string): never {
  throw filterError(shown(value.text), valueAt, `${field} ${remedy}`);
}
