import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeClientConstructor, type ServiceDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { defaultSpec, findArchitecture } from '@resmask/architectures';
import {
  type ConnectOptions,
  channelCredentials,
  DeliveryMode,
  EvaluationClient,
  encodedImage,
  InferenceClient,
  RegistryClient,
  Task,
} from '@resmask/client';
import { formatApiToken, generateApiToken, hashSecret, type RoleTable } from '@resmask/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo, summary } from '../support/answers.js';
import { Authority, clientTls, HAS_OPENSSL } from '../support/certificates.js';
import { noiseJpeg } from '../support/pictures.js';
import { publish } from '../support/publish.js';
import { shippedModelFile } from '../support/shipped-models.js';
import { createTestDatabase } from '../support/test-database.js';
import { TestService } from '../support/test-service.js';

const PARENT = 'namespaces/default';
const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' };
const DENIED = { code: 'PERMISSION_DENIED', reason: 'ROLE_MISSING' };

/** A principals file that tests add people to. */
class PrincipalsFile {
  readonly path: string;
  readonly secrets: string[] = [];
  readonly #tokens: object[] = [];
  readonly #certificates: object[] = [];

  constructor(folder: string) {
    this.path = join(folder, 'principals.json');
    this.#write();
  }

  /** @returns the token */
  addToken(subject: string, roles: RoleTable): string {
    const token = generateApiToken();
    this.secrets.push(token.secret);
    this.#tokens.push({ id: token.id, secretSha256: hashSecret(token.secret).toString('hex'), subject, roles });
    this.#write();
    return formatApiToken(token);
  }

  addCertificate(certificate: string, roles: RoleTable): void {
    this.#certificates.push({ certificate, roles });
    this.#write();
  }

  revoke(subject: string): void {
    for (const token of this.#tokens)
      if ('subject' in token && token.subject === subject) Object.assign(token, { revoked: true });
    this.#write();
  }

  #write(): void {
    writeFileSync(this.path, JSON.stringify({ tokens: this.#tokens, certificates: this.#certificates }));
  }
}

let folder: string;
let principals: PrincipalsFile;
const closers: (() => void)[] = [];

function closing<Client extends { close(): void }>(client: Client): Client {
  closers.push(() => client.close());
  return client;
}

const registryOf = (service: TestService, options: ConnectOptions = {}) =>
  closing(new RegistryClient(service.address, options));

async function startRegistry(settings: Record<string, string>): Promise<TestService> {
  const name = `registry-${closers.length}`;
  const service = await TestService.start('registry', {
    DATABASE_URL: await createTestDatabase(),
    RESMASK_MIGRATE: 'on-start',
    RESMASK_ARTIFACTS: join(folder, name),
    ...settings,
  });
  closers.push(() => {});
  return service;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resmask-test-auth-'));
  principals = new PrincipalsFile(folder);
});
afterAll(() => {
  for (const close of closers) close();
  rmSync(folder, { recursive: true, force: true });
});

describe('services that identify their callers by tokens', () => {
  let registry: TestService;
  let inference: TestService;
  let evaluation: TestService;
  let tokens: Record<'admin' | 'viewer' | 'publisher' | 'promoter' | 'service' | 'stranger', string>;

  beforeAll(async () => {
    tokens = {
      admin: principals.addToken('admin', { '*': 'admin' }),
      viewer: principals.addToken('viewer', { default: 'viewer' }),
      publisher: principals.addToken('publisher', { default: 'publisher' }),
      promoter: principals.addToken('promoter', { default: 'promoter' }),
      service: principals.addToken('inference', { '*': 'viewer' }),
      stranger: formatApiToken(generateApiToken()),
    };
    const settings = { RESMASK_PRINCIPALS: principals.path };
    registry = await startRegistry(settings);
    const admin = registryOf(registry, { token: tokens.admin });
    for (const network of ['resmasking-compact', 'tiny-face-detector']) {
      const spec = defaultSpec(findArchitecture(network));
      await publish(admin, network, await shippedModelFile(network), spec, 'production');
    }
    const engine = {
      ...settings,
      RESMASK_REGISTRY: registry.address,
      RESMASK_REGISTRY_TOKEN: tokens.service,
      RESMASK_CACHE: join(folder, 'cache'),
      RESMASK_WORKERS: '1',
    };
    inference = await TestService.start('inference', engine);
    evaluation = await TestService.start('evaluation', {
      ...engine,
      DATABASE_URL: await createTestDatabase(),
      RESMASK_MIGRATE: 'on-start',
      RESMASK_ARTIFACTS: join(folder, 'evaluation'),
    });
  });
  afterAll(async () => {
    for (const service of [evaluation, inference, registry]) await service.stop();
  });

  it('refuse a call without a token, and one with a token nobody gave out', async () => {
    const name = `${PARENT}/models/resmasking-compact`;
    await expect(registryOf(registry).getModel(name)).rejects.toMatchObject({
      ...UNAUTHENTICATED,
      reason: 'CREDENTIALS_MISSING',
    });
    await expect(registryOf(registry, { token: tokens.stranger }).getModel(name)).rejects.toMatchObject({
      ...UNAUTHENTICATED,
      reason: 'CREDENTIALS_INVALID',
    });
  });

  it('let a role do what it is for, and nothing above it', async () => {
    const [viewer, publisher, promoter] = [tokens.viewer, tokens.publisher, tokens.promoter].map((token) =>
      registryOf(registry, { token }),
    );
    const create = (client: RegistryClient, id: string) => client.createModel(PARENT, id, Task.TASK_EXPRESSION);
    expect(await viewer.getModel(`${PARENT}/models/resmasking-compact`)).toMatchObject({ latestVersion: 1 });
    await expect(create(viewer, 'of-viewer')).rejects.toMatchObject({
      ...DENIED,
      metadata: { role: 'publisher', namespace: 'default' },
    });
    await expect(viewer.getModel(`${PARENT}/models/of-viewer`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await create(publisher, 'of-publisher')).toMatchObject({ name: `${PARENT}/models/of-publisher` });
    const version = `${PARENT}/models/resmasking-compact/versions/1`;
    const alias = `${PARENT}/models/resmasking-compact/aliases/candidate`;
    await expect(publisher.setAlias(alias, version, '')).rejects.toMatchObject(DENIED);
    const promoted = await promoter.setAlias(alias, version, '');
    expect(promoted).toMatchObject({ version });
    await expect(publisher.updateAlias(alias, { canary: null }, promoted.etag)).rejects.toMatchObject(DENIED);
    await promoter.updateAlias(alias, { canary: null }, promoted.etag);
  });

  it('say the same of what exists and of what does not, in another namespace', async () => {
    const viewer = registryOf(registry, { token: tokens.viewer });
    const told = await Promise.all(
      ['namespaces/other/models/a', 'namespaces/other/models/b'].map((name) =>
        viewer.getModel(name).catch((error: Error) => error.message),
      ),
    );
    expect(new Set(told).size).toBe(1);
    await expect(Array.fromAsync(viewer.listModels('namespaces/other'))).rejects.toMatchObject(DENIED);
  });

  it('refuse an upload while it is being sent, and an import', async () => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 100; i += 1) yield new Uint8Array(65_536);
    }
    const viewer = registryOf(registry, { token: tokens.viewer });
    const version = { description: '', architecture: '', inputSpec: undefined, outputSpec: undefined, files: [] };
    const upload = viewer.uploadModelVersion(`${PARENT}/models/resmasking-compact`, version, bytes());
    await expect(upload).rejects.toMatchObject(DENIED);
    const reader = closing(new EvaluationClient(evaluation.address, { token: tokens.viewer }));
    await expect(reader.importDataset(PARENT, 'd', 1, bytes())).rejects.toMatchObject(DENIED);
    // The services live on.
    expect(await viewer.getModel(`${PARENT}/models/resmasking-compact`)).toMatchObject({ latestVersion: 1 });
    expect(await Array.fromAsync(reader.listDatasets(PARENT))).toEqual([]);
  });

  it('stream frames for a viewer, and end the stream of anybody else with its status', async () => {
    const image = encodedImage(await noiseJpeg(64, 64));
    const frames = [1, 2, 3].map((frameId) => ({ frameId, image }));
    const config = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
    const viewer = closing(new InferenceClient(inference.address, { token: tokens.viewer }));
    expect((await answersTo(viewer, config, frames)).map(summary)).toEqual(['1 result', '2 result', '3 result']);
    await expect(answersTo(viewer, { ...config, parent: 'namespaces/other' }, frames)).rejects.toMatchObject(DENIED);
    const nobody = closing(new InferenceClient(inference.address));
    await expect(answersTo(nobody, config, frames)).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(nobody.recognize({ image })).rejects.toMatchObject(UNAUTHENTICATED);
    expect(await viewer.recognize({ image })).toMatchObject({ width: 64 });
  });

  it('do not put their own trouble at the registry on their callers', async () => {
    const cache = join(folder, 'other-cache');
    const settings = {
      RESMASK_REGISTRY: registry.address,
      RESMASK_REGISTRY_TOKEN: tokens.stranger,
      RESMASK_CACHE: cache,
      RESMASK_WORKERS: '1',
    };
    const other = await TestService.start('inference', settings);
    const client = closing(new InferenceClient(other.address));
    await expect(client.recognize({ image: encodedImage(await noiseJpeg(64, 64)) })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('the model registry refuses this service itself'),
    });
    expect(other.output).not.toContain(tokens.stranger);
    await other.stop();
  });

  it('show reflection only to those they know', async () => {
    const reflect = async (token?: string): Promise<string> => {
      const proto = new URL(
        './build/proto/grpc/reflection/v1/reflection.proto',
        import.meta.resolve('@grpc/reflection/package.json'),
      );
      const service = loadSync(proto.pathname)['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
      const { Metadata } = await import('@grpc/grpc-js');
      const metadata = new Metadata();
      if (token) metadata.set('authorization', `Bearer ${token}`);
      const client = new (makeClientConstructor(service, 'ServerReflection'))(
        registry.address,
        channelCredentials(registry.address, {}),
      );
      const call = client['ServerReflectionInfo'](metadata);
      call.on('data', () => {}).on('error', () => {});
      call.write({ listServices: '' });
      call.end();
      const code = await new Promise<number>((resolve) =>
        call.once('status', (end: { code: number }) => resolve(end.code)),
      );
      client.close();
      return status[code];
    };
    expect(await reflect()).toBe('UNAUTHENTICATED');
    expect(await reflect(tokens.viewer)).toBe('OK');
  });

  it('notice within seconds that a token was revoked', async () => {
    const leaver = registryOf(registry, { token: principals.addToken('leaver', { default: 'viewer' }) });
    const answer = () =>
      leaver.getModel(`${PARENT}/models/resmasking-compact`).then(
        () => 'in',
        () => 'out',
      );
    while ((await answer()) !== 'in') await delay(100);
    principals.revoke('leaver');
    const revokedAt = Date.now();
    while ((await answer()) !== 'out') await delay(100);
    expect(Date.now() - revokedAt).toBeLessThan(5000);
  });

  it('write refusals into their logs, and no token', () => {
    expect(registry.output).toContain('"reason":"ROLE_MISSING","subject":"viewer"');
    for (const { output } of [registry, inference, evaluation]) {
      for (const secret of principals.secrets) expect(output).not.toContain(secret);
      expect(output).not.toContain('rsk_');
    }
  });
});

describe('a service on a network', () => {
  const network = { RESMASK_LISTEN: '0.0.0.0:0', RESMASK_WORKERS: '1' };

  it('does not start open by oversight, and says how callers can be identified', async () => {
    const start = TestService.start('inference', { ...network, RESMASK_CACHE: join(folder, 'network-cache') });
    await expect(start).rejects.toThrow('RESMASK_LISTEN is 0.0.0.0:0, which others can reach');
    await expect(start).rejects.toThrow('RESMASK_PRINCIPALS');
    await expect(start).rejects.toThrow('RESMASK_AUTH=open');
  });

  it('is open when that is said, and warns', async () => {
    const service = await startRegistry({ RESMASK_LISTEN: network.RESMASK_LISTEN, RESMASK_AUTH: 'open' });
    expect(await Array.fromAsync(registryOf(service).listModels(PARENT))).toEqual([]);
    expect(service.output).toMatch(/"level":40,.*OPEN: RESMASK_AUTH=open lets everybody/);
    await service.stop();
  });
});

describe.skipIf(!HAS_OPENSSL)('a service with TLS', () => {
  const SPIFFE = 'spiffe://cluster.local/ns/resmask/sa/inference';
  let authority: Authority;
  let other: Authority;
  let registry: TestService;
  let token: string;

  beforeAll(async () => {
    authority = Authority.create(folder, 'authority');
    other = Authority.create(folder, 'other');
    const { cert, key } = authority.issue('registry', 'IP:127.0.0.1');
    token = principals.addToken('over-tls', { default: 'viewer' });
    principals.addCertificate(SPIFFE, { '*': 'viewer' });
    principals.addCertificate('CN=operator', { '*': 'admin' });
    registry = await startRegistry({
      RESMASK_PRINCIPALS: principals.path,
      RESMASK_TLS_CERT: cert,
      RESMASK_TLS_KEY: key,
      RESMASK_TLS_CLIENT_CA: authority.files.cert,
    });
  });
  afterAll(() => registry.stop());

  const list = (options: ConnectOptions) => Array.fromAsync(registryOf(registry, options).listModels(PARENT));

  it('knows callers by the SPIFFE id or the common name of their certificate', async () => {
    const service = { tls: clientTls(authority, authority.issue('ignored', `URI:${SPIFFE}`)) };
    expect(await list(service)).toEqual([]);
    const create = (options: ConnectOptions) => registryOf(registry, options).createModel(PARENT, 'm', Task.TASK_FACE);
    await expect(create(service)).rejects.toMatchObject(DENIED);
    const operator = { tls: clientTls(authority, authority.issue('operator', 'DNS:operator')) };
    expect(await create(operator)).toMatchObject({ name: `${PARENT}/models/m` });
  });

  it('knows nobody by a certificate of another authority, of an unknown name, or by none', async () => {
    const forged = { ca: readFileSync(authority.files.cert), ...shown(other.issue('x', `URI:${SPIFFE}`)) };
    await expect(list({ tls: forged })).rejects.toMatchObject({ ...UNAUTHENTICATED, reason: 'CREDENTIALS_MISSING' });
    const unknown = clientTls(authority, authority.issue('x', 'URI:spiffe://cluster.local/ns/other/sa/other'));
    await expect(list({ tls: unknown })).rejects.toMatchObject({ ...UNAUTHENTICATED, reason: 'CREDENTIALS_INVALID' });
    await expect(list({ tls: clientTls(authority) })).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('takes a token without a certificate, and goes by the token where both are shown', async () => {
    await expect(list({ tls: clientTls(authority), token })).resolves.toBeInstanceOf(Array);
    const operator = clientTls(authority, authority.issue('operator', 'DNS:operator'));
    const both = registryOf(registry, { tls: operator, token });
    await expect(both.createModel(PARENT, 'n', Task.TASK_FACE)).rejects.toMatchObject(DENIED);
  });

  it('serves nobody in plain text, and nobody who trusts other authorities', async () => {
    await expect(list({ token, timeoutMs: 3000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(list({ token, tls: clientTls(other), timeoutMs: 3000 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('is reached by other services with their certificates', async () => {
    const { cert, key } = authority.issue('inference', `URI:${SPIFFE}`);
    const settings = {
      RESMASK_REGISTRY: registry.address,
      RESMASK_REGISTRY_TLS: 'on',
      RESMASK_REGISTRY_CA: authority.files.cert,
      RESMASK_REGISTRY_CERT: cert,
      RESMASK_REGISTRY_KEY: key,
      RESMASK_CACHE: join(folder, 'tls-cache'),
      RESMASK_WORKERS: '1',
    };
    const inference = await TestService.start('inference', settings);
    const client = closing(new InferenceClient(inference.address));
    // The registry has no such model, and says so to those it knows.
    await expect(client.recognize({ image: encodedImage(await noiseJpeg(64, 64)) })).rejects.toMatchObject({
      reason: 'MODEL_NOT_FOUND',
    });
    await inference.stop();
  });

  function shown({ cert, key }: { cert: string; key: string }) {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  }
});
