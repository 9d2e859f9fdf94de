import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatApiToken, generateApiToken, hashSecret, parseApiToken, secretMatches } from './api-token.js';

describe('an API token', () => {
  it('has 256 bits of secret, another one each time, and comes back from its text', () => {
    const tokens = Array.from({ length: 50 }, generateApiToken);
    expect(new Set(tokens.map(({ secret }) => secret)).size).toBe(50);
    for (const token of tokens) {
      expect(Buffer.from(token.secret, 'hex')).toHaveLength(32);
      expect(formatApiToken(token)).toMatch(/^rsk_[0-9a-f]{16}_[0-9a-f]{64}$/);
      expect(parseApiToken(formatApiToken(token))).toEqual(token);
    }
  });

  it.each([
    '',
    'rsk_',
    'rsk_0123456789abcdef_',
    `rsk_0123456789abcdef_${'a'.repeat(63)}`,
    `rsk_0123456789abcdef_${'a'.repeat(65)}`,
    `rsk_0123456789ABCDEF_${'a'.repeat(64)}`,
    `rsk_0123456789abcdef_${'a'.repeat(64)}\n`,
    `xrsk_0123456789abcdef_${'a'.repeat(64)}`,
  ])('is nothing else: %j', (text) => {
    expect(parseApiToken(text)).toBeUndefined();
  });

  it('is stored as the sha256 of its secret, which only that secret matches', () => {
    const { secret } = generateApiToken();
    const hash = hashSecret(secret);
    expect(hash.toString('hex')).toBe(createHash('sha256').update(secret).digest('hex'));
    expect(secretMatches(secret, hash)).toBe(true);
    expect(secretMatches(generateApiToken().secret, hash)).toBe(false);
    expect(secretMatches(secret, hash.subarray(0, 16))).toBe(false);
    expect(secretMatches(secret, Buffer.alloc(0))).toBe(false);
  });
});
