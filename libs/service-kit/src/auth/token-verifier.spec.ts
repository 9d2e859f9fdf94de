import { describe, expect, it } from 'vitest';
import { generateApiToken, hashSecret } from './api-token.js';
import { MemoryTokenSource } from './memory-token-source.js';
import type { Principal } from './principal.js';
import type { StoredToken } from './token-source.js';
import { TokenVerifier } from './token-verifier.js';

const CI: Principal = { subject: 'ci', method: 'token', roles: { default: 'publisher' } };
const NOW = new Date('2027-01-01T00:00:00Z');

function verifierOf(changes: Partial<StoredToken> = {}) {
  const token = generateApiToken();
  const source = new MemoryTokenSource();
  const stored = { secretHash: hashSecret(token.secret), principal: CI, expires: undefined, revoked: false };
  source.set(token.id, { ...stored, ...changes });
  return { token, verifier: new TokenVerifier(source, () => NOW) };
}

const REFUSED = { reason: 'CREDENTIALS_INVALID', code: 'UNAUTHENTICATED' };

describe('TokenVerifier', () => {
  it('knows whose a token is', async () => {
    const { token, verifier } = verifierOf({ expires: new Date(NOW.getTime() + 1) });
    expect(await verifier.verify(token)).toEqual(CI);
  });

  it('answers an unknown id and a wrong secret alike, and repeats neither', async () => {
    const { token, verifier } = verifierOf();
    const other = generateApiToken();
    const messages = await Promise.all(
      [other, { ...other, id: token.id }, { ...token, id: other.id }].map((tried) =>
        verifier.verify(tried).catch((error: Error) => {
          expect(error).toMatchObject(REFUSED);
          return error.message;
        }),
      ),
    );
    expect(new Set(messages)).toEqual(
      new Set(['the API token is not known here; ask an administrator for another one']),
    );
  });

  it('refuses a token from its expiry on, and a revoked one, by name and without the secret', async () => {
    const expired = verifierOf({ expires: NOW });
    await expect(expired.verifier.verify(expired.token)).rejects.toMatchObject({
      ...REFUSED,
      message: `the API token ${expired.token.id} expired at 2027-01-01T00:00:00.000Z; ask an administrator for another one`,
    });
    const revoked = verifierOf({ revoked: true });
    await expect(revoked.verifier.verify(revoked.token)).rejects.toMatchObject({
      ...REFUSED,
      message: `the API token ${revoked.token.id} was revoked; ask an administrator for another one`,
    });
  });

  it('does not take a source that fails for a token that is unknown', async () => {
    const verifier = new TokenVerifier({ find: () => Promise.reject(new Error('the database is away')) });
    await expect(verifier.verify(generateApiToken())).rejects.toThrow('the database is away');
  });
});
