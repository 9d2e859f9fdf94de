import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClientReadableStream,
  credentials,
  makeGenericClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { DeliveryMode, encodedImage } from '@resmask/client';
import { service as healthService } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo, summary } from '../support/answers.js';
import { callEmpty, loadDescriptors, methodsOf } from '../support/any-call.js';
import { noiseJpeg } from '../support/pictures.js';
import { TestPlatform } from '../support/test-platform.js';
import { type ServiceName, TestService } from '../support/test-service.js';

const DESCRIPTORS = loadDescriptors();
const METHODS = methodsOf(DESCRIPTORS);
/** Of the Open Inference Protocol, what this server does not have. */
const NOT_SUPPORTED = /SharedMemory|^(Trace|Log)Setting/;
const SERVICE_NAMES: readonly ServiceName[] = ['inference', 'registry', 'evaluation'];

describe('every service', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    await platform.startEvaluation();
  });
  afterAll(() => platform.stop());

  it('is described: four services with their methods', () => {
    expect(Object.groupBy(METHODS, ({ service }) => service)).toMatchObject({
      'resmask.inference.v1.InferenceService': { length: 6 },
      'inference.GRPCInferenceService': { length: 20 },
      'resmask.registry.v1.RegistryService': { length: 39 },
      'resmask.evaluation.v1alpha1.EvaluationService': { length: 8 },
    });
  });

  it.each(METHODS)(
    'has a handler for $service/$method, which refuses an empty request by name or answers it',
    async (method) => {
      const [first, second] = method.service.split('.');
      const name = (first === 'inference' ? first : second) as ServiceName;
      const code = await callEmpty(DESCRIPTORS, platform.service(name).address, method);
      expect(NOT_SUPPORTED.test(method.method) ? ['UNIMPLEMENTED'] : ['OK', 'INVALID_ARGUMENT']).toContain(code);
    },
  );

  it.each(SERVICE_NAMES)('lists itself by reflection, and describes its messages: %s', async (name) => {
    const { address } = platform.service(name);
    const full = fullName(name);
    const [list] = await reflect(address, { list_services: '' });
    const listed = list.list_services_response.service.map((service) => service.name);
    const others = name === 'inference' ? ['inference.GRPCInferenceService'] : [];
    expect(listed.sort()).toEqual(['grpc.health.v1.Health', ...others, full]);
    const [described] = await reflect(address, { file_containing_symbol: full });
    expect(described.file_descriptor_response.file_descriptor_proto.length).toBeGreaterThan(0);
  });

  it.each(SERVICE_NAMES)('reports health for itself, its service and its liveness: %s', async (name) => {
    const { address } = platform.service(name);
    const full = fullName(name);
    for (const service of ['', full, 'liveness']) expect(await firstHealth(address, service)).toBe('SERVING');
  });

  it('says NOT_SERVING on a health watch before the drain begins, and still serves until then', async () => {
    const service = await TestService.start('inference', {
      ...platform.service('inference').environment,
      RESMASK_DRAIN_DELAY_MS: '1500',
    });
    const watch = watchHealth(service.address, '');
    const statuses: string[] = [];
    watch.on('data', ({ status }: { status: string }) => statuses.push(status));
    watch.on('error', () => {});
    while (statuses.at(-1) !== 'SERVING') await delay(20);
    service.signal('SIGTERM');
    while (statuses.at(-1) !== 'NOT_SERVING') await delay(5);
    const { InferenceClient } = await import('@resmask/client');
    const inference = new InferenceClient(service.address);
    const image = encodedImage(await noiseJpeg(64, 64));
    const answers = await answersTo(inference, { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS }, [{ frameId: 1, image }]);
    expect(answers.map(summary)).toEqual(['1 result']);
    inference.close();
    expect(await service.stop()).toBe(0);
  });

  it('answers NOT_SERVING while its database is away, and comes back by itself', async () => {
    const { EmbeddedPostgres } = await import('@resmask/database');
    const { chmod, mkdtemp, rm } = await import('node:fs/promises');
    const folder = await mkdtemp('/tmp/resmask-test-away-');
    await chmod(folder, 0o711);
    const options = { folder: `${folder}/server`, parameters: { fsync: 'off' } };
    const postgres = await EmbeddedPostgres.start(options);
    const registry = await TestService.start('registry', {
      DATABASE_URL: postgres.url,
      RESMASK_MIGRATE: 'on-start',
      RESMASK_ARTIFACTS: `${folder}/artifacts`,
    });
    expect(await firstHealth(registry.address, '')).toBe('SERVING');
    await postgres.stop();
    while ((await firstHealth(registry.address, '')) !== 'NOT_SERVING') await delay(200);
    expect(await firstHealth(registry.address, 'liveness')).toBe('SERVING');
    const { RegistryClient } = await import('@resmask/client');
    const client = new RegistryClient(registry.address);
    await expect(client.getModel('namespaces/default/models/x')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'DATABASE_UNAVAILABLE',
    });
    const again = await EmbeddedPostgres.start({ ...options, port: Number(new URL(postgres.url).port) });
    while ((await firstHealth(registry.address, '')) !== 'SERVING') await delay(200);
    await expect(client.getModel('namespaces/default/models/x')).rejects.toMatchObject({ reason: 'MODEL_NOT_FOUND' });
    client.close();
    expect(await registry.stop()).toBe(0);
    await again.stop();
    await rm(folder, { recursive: true });
  });
});

describe('starting', () => {
  it('stops with every bad setting named: variable, value, what is allowed', async () => {
    const start = TestService.start('inference', {
      RESMASK_CACHE: '',
      RESMASK_WORKERS: 'many',
      RESMASK_PROVIDER: 'gpu',
    });
    await expect(start).rejects.toThrow('RESMASK_WORKERS: it is "many"; allowed is a whole number from 1 to 256');
    await expect(start).rejects.toThrow(
      'RESMASK_PROVIDER: it is "gpu"; allowed is cpu, cuda, tensorrt, webgpu (default cpu)',
    );
    await expect(start).rejects.toThrow('RESMASK_CACHE: it is not set; allowed is a folder');
  });

  it('never repeats a secret, not even a malformed one', async () => {
    const start = TestService.start('registry', {
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      RESMASK_ARTIFACTS: '/tmp/x',
    });
    await expect(start).rejects.toThrow('DATABASE_URL: it is not of the right form; allowed is a PostgreSQL URL');
    await expect(start).rejects.not.toThrow('hunter2');
  });

  it('refuses a schema that has not been migrated, and says how to migrate it', async () => {
    const { createTestDatabase } = await import('../support/test-database.js');
    const environment = {
      DATABASE_URL: await createTestDatabase(),
      RESMASK_ARTIFACTS: '/tmp/resmask-never',
      RESMASK_MIGRATE: 'never',
    };
    await expect(TestService.start('registry', environment)).rejects.toThrow(
      'the database schema "registry" is not up to date',
    );
  });

  it('fails without the execution provider it was told to use, and falls back only when allowed to', async () => {
    const { mkdtemp, rm } = await import('node:fs/promises');
    const cache = await mkdtemp('/tmp/resmask-test-cache-');
    const cuda = { RESMASK_CACHE: cache, RESMASK_PROVIDER: 'cuda', RESMASK_WORKERS: '1' };
    await expect(TestService.start('inference', cuda)).rejects.toThrow(
      'execution provider "cuda" was asked for and is not usable here',
    );
    const service = await TestService.start('inference', { ...cuda, RESMASK_PROVIDER_FALLBACK: 'cpu' });
    expect(service.output).toContain('"provider":"cpu","msg":"fell back"');
    expect(await service.stop()).toBe(0);
    await rm(cache, { recursive: true });
  });
});

interface Reflection {
  readonly list_services_response: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response: { readonly file_descriptor_proto: readonly Buffer[] };
}

async function reflect(address: string, request: object): Promise<Reflection[]> {
  const proto = new URL(
    './build/proto/grpc/reflection/v1/reflection.proto',
    import.meta.resolve('@grpc/reflection/package.json'),
  );
  const definition = loadSync(proto.pathname, { keepCase: true, defaults: true, oneofs: true });
  const service = definition['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;
  const client = new (makeGenericClientConstructor(service, 'ServerReflection'))(address, credentials.createInsecure());
  const call = client['ServerReflectionInfo']();
  call.write(request);
  call.end();
  const answers = await Array.fromAsync<Reflection>(call);
  client.close();
  return answers;
}

function watchHealth(address: string, service: string): ClientReadableStream<{ status: string }> {
  const Client = makeGenericClientConstructor(healthService, 'Health');
  const client = new Client(address, credentials.createInsecure());
  const call = client['watch']({ service });
  call.once('status', () => client.close());
  return call;
}

async function firstHealth(address: string, service: string): Promise<string> {
  const watch = watchHealth(address, service);
  watch.on('error', () => {});
  const [{ status }] = await once(watch, 'data');
  watch.cancel();
  return status;
}

function fullName(name: ServiceName): string {
  const version = name === 'evaluation' ? 'v1alpha1' : 'v1';
  return `resmask.${name}.${version}.${name[0].toUpperCase()}${name.slice(1)}Service`;
}
