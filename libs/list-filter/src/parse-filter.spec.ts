import { DomainError } from '@resmask/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Filter, OPERATORS } from './filter.js';
import { parseFilter } from './parse-filter.js';
import { printFilter } from './print-filter.js';

/** A tree as nested arrays, without positions. */
const shape = (filter: Filter | undefined): unknown => {
  if (filter?.kind === 'comparison') return [filter.field, filter.operator, filter.value.text, filter.value.quoted];
  if (filter?.kind === 'not') return ['NOT', shape(filter.operand)];
  return filter && [filter.kind.toUpperCase(), ...filter.operands.map(shape)];
};
const read = (text: string): unknown => shape(parseFilter(text));

describe('parseFilter', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((field) => [field, '=', '1', false]);

  it.each(OPERATORS)('reads a comparison with %s, with spaces around it or without', (operator) => {
    expect(read(`version ${operator} 3`)).toEqual(['version', operator, '3', false]);
    expect(read(`version${operator}3`)).toEqual(['version', operator, '3', false]);
  });

  it.each([
    ['', undefined],
    [' \t ', undefined],
    ['a=1 AND b=1 OR c=1', ['AND', a, ['OR', b, c]]],
    ['a=1 OR b=1 AND c=1', ['AND', ['OR', a, b], c]],
    ['(a=1 AND b=1) OR c=1', ['OR', ['AND', a, b], c]],
    ['a=1 AND (b=1 AND c=1)', ['AND', a, ['AND', b, c]]],
    ['a=1 AND b=1 AND c=1', ['AND', a, b, c]],
    ['NOT a=1 OR b=1', ['OR', ['NOT', a], b]],
    ['-a=1', ['NOT', a]],
    ['-(a=1 OR b=1)', ['NOT', ['OR', a, b]]],
    ['NOT (NOT a=1)', ['NOT', ['NOT', a]]],
    ['((a=1))', a],
    ['NOTE = x', ['NOTE', '=', 'x', false]],
  ])('%j: OR binds tighter than AND, and NOT tighter than both', (text, tree) => {
    expect(read(text)).toEqual(tree);
  });

  it.each([
    ['a = -1.5e+3', '-1.5e+3', false],
    ['a = true', 'true', false],
    ['a = 2026-01-31T12:00:00+02:00', '2026-01-31T12:00:00+02:00', false],
    ['a = "2026-01-31T12:00:00Z"', '2026-01-31T12:00:00Z', true],
    ['a = ""', '', true],
    [`a = 'say "yes"'`, 'say "yes"', true],
    [String.raw`a = "\"\\\'"`, `"\\'`, true],
    [`a = "x' OR 1=1 --"`, `x' OR 1=1 --`, true],
    ['a = "AND"', 'AND', true],
    ['a = größer', 'größer', false],
  ])('%s: reads the value', (text, value, quoted) => {
    expect(read(text)).toEqual(['a', '=', value, quoted]);
  });

  it('keeps dots in a field, and where field and value were', () => {
    expect(parseFilter('  tags.loss-1.x : "y"')).toMatchObject({ field: 'tags.loss-1.x', fieldAt: 3, valueAt: 19 });
  });

  it.each([
    ['a', 'got the end at position 2; an operator is needed after "a"'],
    ['a = ', 'got the end at position 5; a value is needed'],
    ['a = AND', 'got "AND" at position 5; a value is needed'],
    ['a = (1 OR 2)', 'got "(" at position 5; a value is needed'],
    ['a = 1 b = 2', 'got "b" at position 7; AND, OR or the end is needed'],
    ['a = 1 and b = 2', 'got "and" at position 7; AND, OR or the end is needed'],
    ['a = 1 AND', 'got the end at position 10; a comparison'],
    ['NOT NOT a = 1', 'got "NOT" at position 5; a comparison'],
    ['"a" = 1', 'got "a" at position 1; a comparison'],
    ['(a = 1', 'got the end at position 7; AND, OR or ) is needed'],
    ['a = 1)', 'got ")" at position 6; AND, OR or the end is needed'],
    ['a == 1', 'got "=" at position 4; a value is needed'],
    ['a = "x', 'got " at position 5; a string that ends with " is needed'],
    ['ä'.repeat(64), `got the end at position 65; an operator is needed after "${'ä'.repeat(63)}…"`],
    [String.raw`a = "\n"`, 'got " at position 5; a string that ends with " is needed'],
    ['a ! 1', 'got ! at position 3; it has a meaning only inside a quoted string'],
    ['a = "\0"', 'got the character U+0000 at position 6'],
    [`a = "${'x'.repeat(1020)}"`, 'it has 1026 characters; at most 1024 are allowed'],
    [`${'('.repeat(17)}a = 1${')'.repeat(17)}`, 'got ( at position 17; at most 16'],
    [Array(33).fill('a = 1').join(' AND '), 'got comparison 33 at position 321; at most 32 are allowed'],
  ])('%j is refused with where and why', (text, message) => {
    expect(() => parseFilter(text)).toThrow(
      expect.objectContaining({ reason: 'FIELD_INVALID', message: expect.stringContaining(`filter: ${message}`) }),
    );
  });

  it('takes as much as its limits allow', () => {
    expect(read(`${'('.repeat(16)}a = 1${')'.repeat(16)}`)).toEqual(a);
    expect(read(Array(32).fill('a=1').join(' OR '))).toHaveLength(33);
  });

  it('reads every tree that is printed', () => {
    const word = fc.stringMatching(/^[a-z][A-Za-z0-9_.-]{0,8}$/);
    const value = fc.oneof(
      fc.record({
        text: fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0')),
        quoted: fc.constant(true),
      }),
      fc.record({ text: fc.oneof(word, fc.integer().map(String)), quoted: fc.constant(false) }),
    );
    const comparison = fc.record({
      kind: fc.constant('comparison' as const),
      field: word,
      operator: fc.constantFrom(...OPERATORS),
      value,
      fieldAt: fc.constant(0),
      valueAt: fc.constant(0),
    });
    const { tree } = fc.letrec<{ tree: Filter }>((tie) => {
      const operands = fc.array(tie('tree'), { minLength: 2, maxLength: 3 });
      return {
        tree: fc.oneof(
          { maxDepth: 3, depthIdentifier: 'filter' },
          comparison,
          fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), operands }),
          fc.record({ kind: fc.constant('not' as const), operand: tie('tree') }),
        ),
      };
    });
    fc.assert(
      fc.property(tree, (filter) => {
        const text = printFilter(filter);
        fc.pre(text.length <= 1024);
        expect(read(text)).toEqual(shape(filter));
      }),
    );
  });

  it('reads or refuses any text, and never fails otherwise', () => {
    const part = fc.constantFrom(
      'a',
      'tags.x',
      '=',
      '!=',
      ':',
      '<',
      '-',
      '(',
      ')',
      'AND',
      'OR',
      'NOT',
      '"',
      "'",
      '\\',
      ' ',
      '1',
      ',',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.array(part, { maxLength: 20 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (filter) => {
        try {
          const tree = parseFilter(filter);
          if (tree) expect(read(printFilter(tree))).toEqual(shape(tree));
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
          expect(error).toMatchObject({ reason: 'FIELD_INVALID', violations: [{ field: 'filter' }] });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
