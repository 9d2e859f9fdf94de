import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceSettings } from '../service-settings.js';
import { readConfig } from '../settings.js';
import { formatApiToken, generateApiToken, hashSecret } from './api-token.js';
import { createAuthenticator } from './create-authenticator.js';
import { MemoryTokenSource } from './memory-token-source.js';
import { ANONYMOUS } from './principal.js';

const token = generateApiToken();
let folder: string;
let principals: string;

function create(environment: Record<string, string>, sources: MemoryTokenSource[] = []) {
  const log: { level: number; msg: string }[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => log.push(JSON.parse(line)) });
  const config = readConfig(serviceSettings('127.0.0.1:50051'), environment);
  return { log, created: createAuthenticator(config, logger, sources) };
}

const nobody = { authorization: [], certificate: undefined };
const bearer = { authorization: [`Bearer ${formatApiToken(token)}`], certificate: undefined };
const WARN = 40;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resmask-auth-'));
  principals = join(folder, 'principals.json');
  const entry = { id: token.id, secretSha256: hashSecret(token.secret).toString('hex'), subject: 'ci', roles: {} };
  await writeFile(principals, JSON.stringify({ tokens: [entry] }));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the authenticator of a service', () => {
  it('is open on loopback while nothing is configured, and says so', async () => {
    const { log, created } = create({});
    expect(await (await created).identify(nobody)).toBe(ANONYMOUS);
    expect(log).toMatchObject([{ msg: expect.stringContaining('open: everybody on this machine') }]);
  });

  it.each(['0.0.0.0:50051', '[::]:50051', '10.0.0.7:50051', 'registry.example:0'])(
    'does not begin on %s before anybody has said who may call, and says how to',
    async (listen) => {
      const { created } = create({ RESMASK_LISTEN: listen });
      await expect(created).rejects.toMatchObject({ reason: 'CONFIG_INVALID' });
      await expect(created).rejects.toThrow(`RESMASK_LISTEN is ${listen}, which others can reach`);
      await expect(created).rejects.toThrow(/RESMASK_PRINCIPALS.*RESMASK_JWT_ISSUER.*RESMASK_AUTH=open/);
    },
  );

  it('is open to a network only when told so, with a warning', async () => {
    const { log, created } = create({
      RESMASK_LISTEN: '0.0.0.0:1',
      RESMASK_AUTH: 'open',
      RESMASK_PRINCIPALS: principals,
    });
    expect(await (await created).identify(nobody)).toBe(ANONYMOUS);
    expect(log).toMatchObject([{ level: WARN, msg: expect.stringContaining('OPEN') }]);
  });

  it.each(['auto', 'required'])('wants credentials once there are principals: %s', async (RESMASK_AUTH) => {
    const { created } = create({ RESMASK_AUTH, RESMASK_PRINCIPALS: principals });
    const authenticator = await created;
    expect(await authenticator.identify(bearer)).toMatchObject({ subject: 'ci', method: 'token' });
    await expect(authenticator.identify(nobody)).rejects.toMatchObject({
      reason: 'CREDENTIALS_MISSING',
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('authorization: Bearer rsk_'),
    });
  });

  it('takes tokens of a source given to it, with "required" alone', async () => {
    const source = new MemoryTokenSource();
    const principal = { subject: 'stored', method: 'token', roles: {} } as const;
    source.set(token.id, { secretHash: hashSecret(token.secret), principal, expires: undefined, revoked: false });
    const required = create({ RESMASK_AUTH: 'required' }, [source]);
    expect(await (await required.created).identify(bearer)).toBe(principal);
    // The operator's file comes first.
    const both = create({ RESMASK_AUTH: 'required', RESMASK_PRINCIPALS: principals }, [source]);
    expect(await (await both.created).identify(bearer)).toMatchObject({ subject: 'ci' });
    await expect(create({ RESMASK_AUTH: 'required' }).created).rejects.toThrow('nobody could be identified');
  });

  it.each<[string, string[]]>([
    ['two tokens', [`Bearer ${formatApiToken(token)}`, `Bearer ${formatApiToken(token)}`]],
    ['no scheme', [formatApiToken(token)]],
    ['another scheme', [`Basic ${formatApiToken(token)}`]],
    ['two words', [`Bearer ${formatApiToken(token)} x`]],
    ['a JSON Web Token where none is configured', ['Bearer eyJ.e30.x']],
  ])('refuses %s, and repeats nothing of it', async (_what, authorization) => {
    const authenticator = await create({ RESMASK_PRINCIPALS: principals }).created;
    const identified = authenticator.identify({ authorization, certificate: undefined });
    await expect(identified).rejects.toMatchObject({ reason: 'CREDENTIALS_INVALID' });
    await expect(identified).rejects.not.toThrow(new RegExp(`${token.secret}|eyJ`));
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'an issuer without keys',
      { RESMASK_JWT_ISSUER: 'x' },
      'RESMASK_JWT_AUDIENCE and RESMASK_JWT_JWKS must be set too',
    ],
    ['certificates of nobody', { RESMASK_TLS_CLIENT_CA: 'ca.pem' }, 'not RESMASK_PRINCIPALS'],
    ['a file that is not there', { RESMASK_PRINCIPALS: '/nowhere.json' }, '/nowhere.json cannot be read'],
  ])('does not begin with %s', async (_what, environment, message) => {
    await expect(create(environment).created).rejects.toThrow(message);
  });
});
