import { invalidField } from '@resmask/errors';
import type { Comparison, Filter, Literal, Operator } from './filter.js';
import { filterError, shown } from './filter-error.js';
import { scanFilter, type Token } from './scan-filter.js';

const MAX_CHARACTERS = 1024;
const MAX_DEPTH = 16;
const MAX_COMPARISONS = 32;
const KEYWORDS: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT']);

/**
 * Reads a filter in a subset of AIP-160: comparisons, AND, OR, NOT or `-`, and parentheses. As there, OR binds tighter than AND.
 * @returns undefined for a filter that lets everything through, since it is empty
 * @throws DomainError FIELD_INVALID that says where the filter is wrong.
 */
export function parseFilter(text: string): Filter | undefined {
  if (text.length > MAX_CHARACTERS)
    throw invalidField('filter', `it has ${text.length} characters; at most ${MAX_CHARACTERS} are allowed`);
  const nul = text.indexOf('\0');
  if (nul >= 0) throw filterError('the character U+0000', nul + 1, 'every other character is allowed');
  const tokens = scanFilter(text);
  return tokens.length === 1 ? undefined : new FilterParser(tokens).parse();
}

/** Reads tokens by recursive descent, one method for each rule of the grammar. */
class FilterParser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  #comparisons = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Filter {
    const filter = this.#and();
    if (this.#token.kind !== 'end') throw this.#unexpected('AND, OR or the end is needed');
    return filter;
  }

  #and(): Filter {
    return this.#chain('and', 'AND', () => this.#or());
  }

  #or(): Filter {
    return this.#chain('or', 'OR', () => this.#term());
  }

  #chain(kind: 'and' | 'or', keyword: string, operand: () => Filter): Filter {
    const operands = [operand()];
    while (this.#takeKeyword(keyword)) operands.push(operand());
    return operands.length === 1 ? operands[0] : { kind, operands };
  }

  #term(): Filter {
    if (this.#take('minus') || this.#takeKeyword('NOT')) return { kind: 'not', operand: this.#simple() };
    return this.#simple();
  }

  #simple(): Filter {
    const { kind, text } = this.#token;
    if (kind === 'open') return this.#parentheses();
    if (kind === 'word' && !KEYWORDS.has(text)) return this.#comparison();
    throw this.#unexpected('a comparison such as version > 3, or one in parentheses, is needed');
  }

  #parentheses(): Filter {
    const { at } = this.#advance();
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw filterError('(', at, `at most ${MAX_DEPTH} may be inside each other`);
    const filter = this.#and();
    if (!this.#take('close')) throw this.#unexpected('AND, OR or ) is needed');
    this.#depth -= 1;
    return filter;
  }

  #comparison(): Comparison {
    const { text: field, at: fieldAt } = this.#advance();
    this.#comparisons += 1;
    if (this.#comparisons > MAX_COMPARISONS)
      throw filterError(`comparison ${this.#comparisons}`, fieldAt, `at most ${MAX_COMPARISONS} are allowed`);
    if (this.#token.kind !== 'operator')
      throw this.#unexpected(`an operator is needed after ${shown(field)}; allowed are =, !=, <, <=, >, >= and :`);
    const operator = this.#advance().text as Operator;
    const valueAt = this.#token.at;
    return { kind: 'comparison', field, operator, value: this.#literal(), fieldAt, valueAt };
  }

  #literal(): Literal {
    const { kind, text } = this.#token;
    const quoted = kind === 'string';
    if (!quoted && (kind !== 'word' || KEYWORDS.has(text)))
      throw this.#unexpected('a value is needed: a word, a number, true, false, a time, or text in quotes');
    this.#advance();
    return { text, quoted };
  }

  get #token(): Token {
    return this.#tokens[this.#next];
  }

  #advance(): Token {
    const token = this.#token;
    this.#next += 1;
    return token;
  }

  #take(kind: Token['kind']): boolean {
    const found = this.#token.kind === kind;
    if (found) this.#next += 1;
    return found;
  }

  #takeKeyword(keyword: string): boolean {
    return this.#token.text === keyword && this.#take('word');
  }

  #unexpected(remedy: string) {
    const { kind, text, at } = this.#token;
    return filterError(kind === 'end' ? 'the end' : shown(text), at, remedy);
  }
}
