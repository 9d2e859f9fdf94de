import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JwtVerifier } from './jwt-verifier.js';
import { openJsonWebKeys } from './open-json-web-keys.js';

const RULES = {
  issuer: 'https://issuer.example',
  audience: 'resmask',
  algorithms: ['ES256', 'RS256'] as const,
  clockToleranceS: 30,
  rolesClaim: 'resmask_roles',
};
const silent = pino({ level: 'silent' });
const now = (): number => Math.floor(Date.now() / 1000);

let key: CryptoKey;
let publicPem: string;
let folder: string;
let keyFile: string;
let verifier: JwtVerifier;

interface Signed {
  readonly claims?: JWTPayload;
  readonly without?: readonly string[];
  readonly header?: { alg: string; kid?: string };
  readonly with?: CryptoKey | Uint8Array;
}

/** A token that is right in everything but what the test says. */
function sign({ claims, without = [], header, with: signer = key }: Signed = {}): Promise<string> {
  const all: JWTPayload = {
    iss: RULES.issuer,
    aud: RULES.audience,
    sub: 'alice',
    exp: now() + 60,
    resmask_roles: { default: 'publisher', '*': 'viewer' },
    ...claims,
  };
  const kept = Object.fromEntries(Object.entries(all).filter(([name]) => !without.includes(name)));
  return new SignJWT(kept).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header }).sign(signer);
}

const refused = (message: string | RegExp) =>
  expect.objectContaining({ reason: 'CREDENTIALS_INVALID', message: expect.stringMatching(message) });

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  publicPem = await exportSPKI(pair.publicKey);
  folder = await mkdtemp(join(tmpdir(), 'resmask-jwks-'));
  keyFile = join(folder, 'jwks.json');
  await writeFile(
    keyFile,
    JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] }),
  );
  verifier = new JwtVerifier(await openJsonWebKeys(keyFile, silent), RULES);
});
afterAll(() => rm(folder, { recursive: true }));

describe('JwtVerifier', () => {
  it('knows whose a token is, and which roles its claim gives', async () => {
    expect(await verifier.verify(await sign())).toEqual({
      subject: 'alice',
      method: 'jwt',
      roles: { default: 'publisher', '*': 'viewer' },
    });
  });

  it('takes a token without the claim for somebody without a role', async () => {
    expect(await verifier.verify(await sign({ without: ['resmask_roles'] }))).toMatchObject({ roles: {} });
  });

  it('allows for a clock that differs, and no more', async () => {
    await expect(verifier.verify(await sign({ claims: { exp: now() - 20 } }))).resolves.toMatchObject({
      subject: 'alice',
    });
    await expect(verifier.verify(await sign({ claims: { exp: now() - 40 } }))).rejects.toEqual(
      refused('it has expired'),
    );
  });

  it.each<[string, Signed, RegExp]>([
    ['of another issuer', { claims: { iss: 'https://evil.example' } }, /claim "iss" is missing or wrong/],
    ['for another audience', { claims: { aud: 'other' } }, /claim "aud" is missing or wrong/],
    ['that is not valid yet', { claims: { nbf: now() + 100 } }, /claim "nbf"/],
    ['that never expires', { without: ['exp'] }, /claim "exp"/],
    ['without a subject', { without: ['sub'] }, /claim "sub"/],
    ['with an empty subject', { claims: { sub: '' } }, /empty "sub"/],
    ['of an unknown key', { header: { alg: 'ES256', kid: 'two' } }, /a key that the issuer does not publish/],
    [
      'with roles that are a list',
      { claims: { resmask_roles: ['admin'] } },
      /claim "resmask_roles" is wrong; allowed is/,
    ],
    ['with roles that are text', { claims: { resmask_roles: 'admin' } }, /claim "resmask_roles" is wrong/],
    ['with no roles but null', { claims: { resmask_roles: null } }, /claim "resmask_roles" is wrong/],
    ['with an unknown role', { claims: { resmask_roles: { default: 'root' } } }, /claim "resmask_roles" is wrong/],
    [
      'for something no namespace is called',
      { claims: { resmask_roles: { 'A b': 'admin' } } },
      /claim "resmask_roles"/,
    ],
  ])('refuses one %s', async (_what, signed, message) => {
    await expect(verifier.verify(await sign(signed))).rejects.toEqual(refused(message));
  });

  it('refuses a signature by anybody else, and a payload that was changed', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    await expect(verifier.verify(await sign({ with: privateKey }))).rejects.toEqual(refused('its signature is wrong'));
    const [header, , signature] = (await sign()).split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'root' })).toString('base64url');
    await expect(verifier.verify(`${header}.${forged}.${signature}`)).rejects.toEqual(refused('signature is wrong'));
  });

  it('refuses algorithms that are not allowed: another one, none, and HMAC with the public key', async () => {
    const { privateKey } = await generateKeyPair('ES384');
    const other = await sign({ with: privateKey, header: { alg: 'ES384', kid: 'one' } });
    await expect(verifier.verify(other)).rejects.toEqual(refused('signed with another algorithm'));
    const hmac = await sign({ with: new TextEncoder().encode(publicPem), header: { alg: 'HS256', kid: 'one' } });
    await expect(verifier.verify(hmac)).rejects.toEqual(refused('signed with another algorithm'));
    const [, payload] = (await sign()).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    await expect(verifier.verify(none)).rejects.toEqual(refused('signed with another algorithm'));
  });

  it.each(['', 'x', 'a.b.c', '..', `${'e'.repeat(5000)}.e30.e30`])('refuses what is no token: %j', async (text) => {
    await expect(verifier.verify(text)).rejects.toEqual(refused('the token'));
  });
});

describe('keys', () => {
  let server: Server;
  let url: string;
  let answer: () => { status: number; body: string };

  beforeAll(async () => {
    server = createServer((_request, response) => {
      const { status, body } = answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterAll(() => server.close());

  it('come from a URL, and are the issuer’s trouble while it is away: that is no word about the token', async () => {
    const { readFile } = await import('node:fs/promises');
    const body = await readFile(keyFile, 'utf8');
    const remote = new JwtVerifier(await openJsonWebKeys(url, silent), RULES);
    const unavailable = expect.objectContaining({ reason: 'KEYS_UNAVAILABLE', code: 'UNAVAILABLE' });
    for (const trouble of [
      { status: 503, body: '' },
      { status: 200, body: 'no JSON' },
      { status: 200, body: '{}' },
    ]) {
      answer = () => trouble;
      await expect(remote.verify(await sign())).rejects.toEqual(unavailable);
    }
    answer = () => ({ status: 200, body });
    await expect(remote.verify(await sign())).resolves.toMatchObject({ subject: 'alice' });
    const unknown = await sign({ header: { alg: 'ES256', kid: 'two' } });
    await expect(remote.verify(unknown)).rejects.toEqual(refused('a key that the issuer does not publish'));
  });

  it('are not fetched in plain text, nor from nowhere, nor out of another file', async () => {
    const invalid = (message: string) =>
      expect.objectContaining({ reason: 'CONFIG_INVALID', message: expect.stringContaining(message) });
    await expect(openJsonWebKeys('http://issuer.example/jwks', silent)).rejects.toEqual(invalid('keys come by https'));
    await expect(openJsonWebKeys('/nowhere/jwks.json', silent)).rejects.toEqual(invalid('cannot be read'));
    const other = join(folder, 'other.json');
    await writeFile(other, '[]');
    await expect(openJsonWebKeys(other, silent)).rejects.toEqual(invalid('no JSON Web Key Set'));
  });
});
