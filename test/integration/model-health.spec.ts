import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { InferenceServiceClient, StreamFramesRequest } from '@resmask/contracts/inference.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthOf, namesWithHealth } from '../support/health-of.js';
import { HealthWatch } from '../support/health-watch.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';
import type { TestService } from '../support/test-service.js';

const CLASSIFIER = `${PARENT}/models/resmasking-compact`;
const SERVICE = 'resmask.inference.v1.InferenceService';

describe('health of models', () => {
  let platform: TestPlatform;
  let service: TestService;
  let stub: InferenceServiceClient;
  const watches: HealthWatch[] = [];

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    service = await platform.startInference({ RESMASK_DRAIN_DELAY_MS: '1000' });
    stub = new InferenceServiceClient(service.address, credentials.createInsecure());
    await watch(SERVICE).becomes('SERVING');
  });
  afterAll(async () => {
    for (const each of watches) each.close();
    stub.close();
    await platform.stop();
  });

  function watch(name: string): HealthWatch {
    const opened = new HealthWatch(service.address, name);
    watches.push(opened);
    return opened;
  }
  const load = (model: string): Promise<ServiceError | null> =>
    new Promise((resolve) => stub.loadModel({ parent: '', model }, resolve));
  const unload = (model: string): Promise<ServiceError | null> =>
    new Promise((resolve) => stub.unloadModel({ parent: '', model }, resolve));

  it.each([CLASSIFIER, `${CLASSIFIER}@production`, `${CLASSIFIER}/versions/1`, SERVICE, '', 'liveness'])(
    'says SERVING of "%s" while the default models are loaded',
    async (name) => {
      expect(await healthOf(service.address, name)).toBe('SERVING');
    },
  );

  it('says that it does not know what is not loaded, to a check by NOT_FOUND and to a watch by SERVICE_UNKNOWN', async () => {
    for (const name of [`${CLASSIFIER}/versions/2`, `${PARENT}/models/unheard-of`]) {
      expect(await healthOf(service.address, name)).toBe('NOT_FOUND');
      await watch(name).becomes('SERVICE_UNKNOWN');
    }
  });

  it('tells a watch of a model’s first load and of its end, and the service serves on', async () => {
    const whole = watch('');
    await whole.becomes('SERVING');
    const version = await platform.publishUntrained('fresh', 1, 'production');
    const [reference, numbered] = [watch(`${PARENT}/models/fresh@production`), watch(version)];
    await reference.becomes('SERVICE_UNKNOWN');
    await numbered.becomes('SERVICE_UNKNOWN');
    expect(await load('fresh')).toBeNull();
    await reference.becomes('SERVING');
    await numbered.becomes('SERVING');
    expect(reference.seen).toEqual(['SERVICE_UNKNOWN', 'NOT_SERVING', 'SERVING']);
    expect(numbered.seen).toEqual(['SERVICE_UNKNOWN', 'NOT_SERVING', 'SERVING']);
    await unload('fresh');
    await reference.becomes('SERVICE_UNKNOWN');
    expect(whole.seen).toEqual(['SERVING']);
  });

  it('says NOT_SERVING of a model whose files are gone, and nothing else of anything else', async () => {
    const whole = watch('');
    const other = watch(CLASSIFIER);
    await whole.becomes('SERVING');
    await other.becomes('SERVING');
    const version = await platform.publishUntrained('broken', 2, 'production');
    await removeFilesOf(version);
    const reference = watch(`${PARENT}/models/broken@production`);
    expect(await load('broken')).not.toBeNull();
    await reference.becomes('NOT_SERVING');
    expect(await healthOf(service.address, `${PARENT}/models/broken`)).toBe('NOT_SERVING');
    expect(whole.seen).toEqual(['SERVING']);
    expect(other.seen).toEqual(['SERVING']);
  });

  it('does not call a model sick because somebody asked for it as what it is not, or by a name that nobody has', async () => {
    const detector = `${PARENT}/models/tiny-face-detector`;
    const seen = watch(detector);
    await seen.becomes('SERVING');
    const wrong = (model: string): Promise<unknown> =>
      new Promise((resolve) => {
        const call = stub.streamFrames();
        call.on('error', resolve);
        call.write(StreamFramesRequest.fromPartial({ message: { $case: 'config', value: { model } } }));
      });
    await wrong('tiny-face-detector');
    await wrong('nobody-has-this');
    expect(seen.seen).toEqual(['SERVING']);
    expect(await healthOf(service.address, `${PARENT}/models/nobody-has-this`)).toBe('NOT_FOUND');
  });

  it('stays SERVING while an alias moves: the next version is loaded beside the one that serves', async () => {
    await platform.publishUntrained('moving', 3, 'production');
    expect(await load('moving')).toBeNull();
    const reference = watch(`${PARENT}/models/moving@production`);
    await reference.becomes('SERVING');
    const next = watch(`${PARENT}/models/moving/versions/2`);
    await platform.publishUntrained('moving', 4, 'production');
    await next.becomes('SERVING');
    expect(next.seen).toEqual(['SERVICE_UNKNOWN', 'NOT_SERVING', 'SERVING']);
    await watch(`${PARENT}/models/moving/versions/1`).becomes('SERVICE_UNKNOWN');
    expect(reference.seen).toEqual(['SERVING']);
  });

  it('lists only services to callers of health, whom nobody identifies', async () => {
    expect((await namesWithHealth(service.address)).sort()).toEqual([
      '',
      'inference.GRPCInferenceService',
      'liveness',
      SERVICE,
    ]);
  });

  it('says NOT_SERVING of every model once the service stops, and that the process lives', async () => {
    const reference = watch(`${CLASSIFIER}@production`);
    await reference.becomes('SERVING');
    service.signal('SIGTERM');
    await reference.becomes('NOT_SERVING');
    expect(await healthOf(service.address, 'liveness')).toBe('SERVING');
  });

  async function removeFilesOf(version: string): Promise<void> {
    const { files } = await platform.registry.getModelVersion(version);
    for (const { sha256 } of files) await rm(join(platform.folder, 'registry', 'sha256', sha256.slice(0, 2), sha256));
  }
});
