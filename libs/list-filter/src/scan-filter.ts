import { filterError } from './filter-error.js';

/** The smallest parts of a filter; a quoted string is a `string`, everything else that is no sign a `word`. */
export interface Token {
  readonly kind: 'open' | 'close' | 'operator' | 'minus' | 'string' | 'word' | 'end';
  /** What a string means, without its quotes; of all others what was written. */
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly at: number;
}

interface Pattern {
  readonly kind: Token['kind'];
  readonly pattern: RegExp;
}

const SPACE = /\s*/y;
const STRING = /"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*'/y;
const SIGNS: readonly Pattern[] = [
  { kind: 'open', pattern: /\(/y },
  { kind: 'close', pattern: /\)/y },
  { kind: 'operator', pattern: /<=|>=|!=|[=<>:]/y },
  { kind: 'string', pattern: STRING },
];
const BEFORE_OPERATOR: readonly Pattern[] = [
  ...SIGNS,
  { kind: 'minus', pattern: /-/y },
  { kind: 'word', pattern: /[^\s"'()=<>!:,]+/y },
];
// A value may be a time, such as 2026-01-31T12:00:00Z, or a negative number.
const AFTER_OPERATOR: readonly Pattern[] = [...SIGNS, { kind: 'word', pattern: /[^\s"'()=<>!,]+/y }];

/** Cuts a filter into tokens, the last of which is `end`. @throws DomainError FIELD_INVALID. */
export function scanFilter(text: string): Token[] {
  const tokens: Token[] = [];
  let position = match(SPACE, text, 0).length;
  while (position < text.length) {
    const patterns = tokens.at(-1)?.kind === 'operator' ? AFTER_OPERATOR : BEFORE_OPERATOR;
    const { kind, written } = readToken(patterns, text, position);
    tokens.push({ kind, text: kind === 'string' ? unquote(written) : written, at: position + 1 });
    position += written.length;
    position += match(SPACE, text, position).length;
  }
  return [...tokens, { kind: 'end', text: '', at: position + 1 }];
}

function readToken(patterns: readonly Pattern[], text: string, position: number) {
  for (const { kind, pattern } of patterns) {
    const written = match(pattern, text, position);
    if (written !== '') return { kind, written };
  }
  const sign = text[position];
  if (sign !== '"' && sign !== "'") {
    throw filterError(sign, position + 1, 'it has a meaning only inside a quoted string');
  }
  throw filterError(
    sign,
    position + 1,
    `a string that ends with ${sign} is needed; a backslash stands only before \\, " or '`,
  );
}

function match(pattern: RegExp, text: string, position: number): string {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0] ?? '';
}

function unquote(written: string): string {
  return written.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}
