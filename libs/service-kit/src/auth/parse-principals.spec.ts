import { describe, expect, it } from 'vitest';
import { parsePrincipals } from './parse-principals.js';

const HASH = 'ab'.repeat(32);
const TOKEN = { id: '0123456789abcdef', secretSha256: HASH, subject: 'ci', roles: { default: 'publisher' } };

describe('the principals file', () => {
  it('gives tokens by id and certificates by name', () => {
    const { tokens, certificates } = parsePrincipals(
      JSON.stringify({
        tokens: [TOKEN, { ...TOKEN, id: 'f'.repeat(16), expires: '2027-01-01T00:00:00Z', revoked: true }],
        certificates: [
          { certificate: 'spiffe://cluster.local/ns/resmask/sa/inference', roles: { '*': 'viewer' } },
          { certificate: 'CN=operator', subject: 'olga', roles: { '*': 'admin' } },
        ],
      }),
    );
    expect(tokens.get(TOKEN.id)).toEqual({
      secretHash: Buffer.from(HASH, 'hex'),
      principal: { subject: 'ci', method: 'token', roles: { default: 'publisher' } },
      expires: undefined,
      revoked: false,
    });
    expect(tokens.get('f'.repeat(16))).toMatchObject({ expires: new Date('2027-01-01'), revoked: true });
    expect([...certificates.values()]).toEqual([
      {
        subject: 'spiffe://cluster.local/ns/resmask/sa/inference',
        method: 'certificate',
        roles: { '*': 'viewer' },
      },
      { subject: 'olga', method: 'certificate', roles: { '*': 'admin' } },
    ]);
  });

  it.each<[string, string, string]>([
    ['text', 'rsk_secret', 'is no JSON'],
    ['another field', JSON.stringify({ token: [] }), 'wrong in the whole'],
    ['a whole token', JSON.stringify({ tokens: [{ ...TOKEN, secretSha256: 'rsk_secret' }] }), 'tokens.0.secretSha256'],
    [
      'an unknown role',
      JSON.stringify({ tokens: [{ ...TOKEN, roles: { default: 'root' } }] }),
      'tokens.0.roles.default',
    ],
    ['a day', JSON.stringify({ tokens: [{ ...TOKEN, expires: '2027-01-01' }] }), 'tokens.0.expires'],
    ['a bare name', JSON.stringify({ certificates: [{ certificate: 'x', roles: {} }] }), 'certificates.0.certificate'],
  ])('refuses %s, by its place and never by its value', (_what, text, message) => {
    const parse = () => parsePrincipals(text);
    expect(parse).toThrow(expect.objectContaining({ reason: 'CONFIG_INVALID' }));
    expect(parse).toThrow(message);
    expect(parse).not.toThrow('rsk_secret');
  });
});
