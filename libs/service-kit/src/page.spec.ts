import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPageToken, readNumberedPage, readPage } from './page.js';

describe('pages', () => {
  it('go on after the last key of the page before', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (key, scope) => {
        expect(readPage({ pageSize: 0, pageToken: nextPageToken(key, scope) }, scope)).toEqual({
          size: 50,
          after: key,
        });
      }),
    );
  });

  it('take a size, clamp a large one and refuse a negative one', () => {
    const size = (pageSize: number): number => readPage({ pageSize, pageToken: '' }, []).size;
    expect([size(0), size(7), size(100_000)]).toEqual([50, 7, 200]);
    expect(() => size(-1)).toThrow('page_size: got -1; allowed are 0 (meaning 50) to 200');
  });

  it('refuse a token of another request, and one that is none', () => {
    const token = nextPageToken('b', ['models', 'default']);
    expect(() => readPage({ pageSize: 0, pageToken: token }, ['models', 'other'])).toThrow(
      'list again from the first page',
    );
    for (const pageToken of ['x', 'W10', '%%%', Buffer.from('null').toString('base64url')]) {
      expect(() => readPage({ pageSize: 0, pageToken }, [])).toThrow(
        expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' }),
      );
    }
  });

  it('go on after a number, and refuse a token that was made up to hold none', () => {
    const read = (key: string) => readNumberedPage({ pageSize: 0, pageToken: nextPageToken(key, ['s']) }, ['s'], 100);
    expect(read('100')).toEqual({ size: 50, after: 100 });
    for (const key of ['', 'x', '-1', '1e2', '101', '\u0000'])
      expect(() => read(key)).toThrow(expect.objectContaining({ reason: 'PAGE_TOKEN_INVALID' }));
  });
});
