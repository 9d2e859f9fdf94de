import { describe, expect, it } from 'vitest';
import { CachedTokenSource, TOKEN_CACHE_MS } from './cached-token-source.js';
import type { StoredToken } from './token-source.js';

const TOKEN: StoredToken = {
  secretHash: Buffer.alloc(32),
  principal: { subject: 'ci', method: 'token', roles: {} },
  expires: undefined,
  revoked: false,
};

/** A source whose every look is counted, behind a cache with a clock of the test's. */
function counted(answer: (look: number) => StoredToken | undefined | Error) {
  const state = { looks: 0, now: 0 };
  const source = {
    find: async () => {
      state.looks += 1;
      const found = answer(state.looks);
      if (found instanceof Error) throw found;
      return found;
    },
  };
  return { state, cache: new CachedTokenSource(source, TOKEN_CACHE_MS, () => state.now) };
}

describe('CachedTokenSource', () => {
  it('believes a found token for ten seconds, and sees a revocation after that', async () => {
    const { state, cache } = counted((look) => ({ ...TOKEN, revoked: look > 1 }));
    expect(await cache.find('a')).toMatchObject({ revoked: false });
    state.now = 9_999;
    expect(await cache.find('a')).toMatchObject({ revoked: false });
    expect(state.looks).toBe(1);
    state.now = 10_000;
    expect(await cache.find('a')).toMatchObject({ revoked: true });
  });

  it('asks once for many calls at a time', async () => {
    const { state, cache } = counted(() => TOKEN);
    await Promise.all(Array.from({ length: 20 }, () => cache.find('a')));
    expect(state.looks).toBe(1);
  });

  it('remembers neither that an id is unknown nor that the source failed', async () => {
    const { cache } = counted((look) => [new Error('away'), undefined, TOKEN][look - 1]);
    await expect(cache.find('a')).rejects.toThrow('away');
    expect(await cache.find('a')).toBeUndefined();
    expect(await cache.find('a')).toBe(TOKEN);
  });

  it('forgets the oldest when there are too many', async () => {
    const { state, cache } = counted(() => TOKEN);
    for (let i = 0; i <= 10_000; i += 1) await cache.find(String(i));
    expect(state.looks).toBe(10_001);
    await cache.find('10000');
    expect(state.looks).toBe(10_001);
    await cache.find('0');
    expect(state.looks).toBe(10_002);
  });
});
