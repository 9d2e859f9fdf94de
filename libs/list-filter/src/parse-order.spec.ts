import { describe, expect, it } from 'vitest';
import { parseOrder } from './parse-order.js';

const ALLOWED = ['version', 'create_time'];

describe('parseOrder', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['version', [{ field: 'version', descending: false }]],
    [
      ' create_time  desc ,version asc',
      [
        { field: 'create_time', descending: true },
        { field: 'version', descending: false },
      ],
    ],
  ])('reads %j', (text, terms) => {
    expect(parseOrder(text, ALLOWED)).toEqual(terms);
  });

  it.each([
    ['size', 'got "size"; allowed are version, create_time'],
    ['version DESC', 'got "version DESC"; a field, then nothing, asc or desc, is needed'],
    ['version,', 'got ""; a field'],
    ['version, version desc', 'got "version" twice'],
    ['€'.repeat(9999), `got "${'€'.repeat(63)}…"; allowed`],
    ['a,b,c,d,e', 'got more than 4 fields'],
    ['version; DROP TABLE model', 'a field, then nothing, asc or desc, is needed'],
  ])('refuses %j', (text, message) => {
    expect(() => parseOrder(text, ALLOWED)).toThrow(
      expect.objectContaining({ reason: 'FIELD_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
