import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, HAS_OPENSSL } from '../support/certificates.js';
import { resmask } from '../support/command-line.js';
import { createTestDatabase } from '../support/test-database.js';
import { TestService } from '../support/test-service.js';

let folder: string;
let token: string;
let principals: string;

async function startRegistry(name: string, settings: Record<string, string> = {}): Promise<TestService> {
  return TestService.start('registry', {
    DATABASE_URL: await createTestDatabase(),
    RESMASK_MIGRATE: 'on-start',
    RESMASK_ARTIFACTS: join(folder, name),
    RESMASK_PRINCIPALS: principals,
    ...settings,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resmask-tokens-'));
  principals = join(folder, 'principals.json');
  const { stdout, code } = await resmask(['tokens', 'generate', 'ci', '--role', 'default=viewer', '--json']);
  expect(code).toBe(0);
  const made = JSON.parse(stdout);
  token = made.token;
  expect(JSON.stringify(made.entry)).not.toContain(token.split('_')[2]);
  writeFileSync(principals, JSON.stringify({ tokens: [made.entry] }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a token that the command made', () => {
  let registry: TestService;
  beforeAll(async () => {
    registry = await startRegistry('plain');
  });
  afterAll(() => registry.stop());

  const list = (environment: Record<string, string> = {}, ...options: string[]) =>
    resmask([...options, 'models', 'list', '--json'], { RESMASK_REGISTRY: registry.address, ...environment });

  it('lets the command in, from the environment or an option', async () => {
    expect(await list({ RESMASK_TOKEN: token })).toMatchObject({ code: 0, stdout: expect.stringContaining('[]') });
    expect(await list({}, '--token', token)).toMatchObject({ code: 0 });
  });

  it('is asked for where there is none, and allows only its role', async () => {
    const { code, stderr } = await list();
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'CREDENTIALS_MISSING',
      message: expect.stringContaining('RESMASK_TOKEN'),
    });
    const elsewhere = await list({ RESMASK_TOKEN: token, RESMASK_NAMESPACE: 'other' });
    expect(JSON.parse(elsewhere.stderr).error).toMatchObject({ reason: 'ROLE_MISSING', metadata: { role: 'viewer' } });
  });

  it('is shown by no help and no error', async () => {
    const environment = { RESMASK_TOKEN: token };
    const help = await resmask(['--help'], environment);
    const wrong = await resmask(['models', 'nonsense'], environment);
    const away = await resmask(['--registry', 'registry.invalid:1', 'models', 'list'], environment);
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('in plain text') });
    for (const { stdout, stderr } of [help, wrong, away]) expect(stdout + stderr).not.toContain(token);
  });
});

it.each([['default'], ['default=root'], ['A=viewer'], ['a=viewer=b']])(
  'no token is made for the role %s',
  async (role) => {
    const { code, stdout } = await resmask(['tokens', 'generate', 'ci', '--role', role]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  },
);

it.skipIf(!HAS_OPENSSL)('reaches a service by TLS, and asks for its health without a token', async () => {
  const authority = Authority.create(folder, 'authority');
  const { cert, key } = authority.issue('registry', 'IP:127.0.0.1');
  const registry = await startRegistry('tls', { RESMASK_TLS_CERT: cert, RESMASK_TLS_KEY: key });
  const environment = { RESMASK_REGISTRY: registry.address, RESMASK_CA: authority.files.cert };
  expect(await resmask(['models', 'list'], { ...environment, RESMASK_TOKEN: token })).toMatchObject({ code: 0 });
  const health = await resmask(['status', '--json'], environment);
  expect(JSON.parse(health.stdout)).toContainEqual({
    service: 'registry',
    address: registry.address,
    health: 'SERVING',
  });
  const missing = await resmask(['models', 'list'], { ...environment, RESMASK_CA: join(folder, 'none.pem') });
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('FILE_UNREADABLE') });
  await registry.stop();
});
