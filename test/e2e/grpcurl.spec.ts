import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command-line.js';
import { HealthWatch } from '../support/health-watch.js';
import { TestPlatform } from '../support/test-platform.js';
import type { ServiceName } from '../support/test-service.js';

const BUILT = fileURLToPath(new URL('../../build/tools/grpcurl', import.meta.url));
const GRPCURL = existsSync(BUILT) ? BUILT : 'grpcurl';
const there = spawnSync(GRPCURL, ['-version']).status === 0;

describe.skipIf(!there)('grpcurl, which knows nothing of us', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    await platform.startEvaluation();
    // It listens before its models are loaded.
    const health = new HealthWatch(platform.service('inference').address);
    await health.becomes('SERVING');
    health.close();
  });
  afterAll(() => platform.stop());

  const grpcurl = async (name: ServiceName, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(GRPCURL, [
      '-plaintext',
      ...args.slice(0, -1),
      platform.service(name).address,
      ...args.slice(-1),
    ]);
    expect(code, stderr).toBe(0);
    return stdout;
  };

  it.each<[ServiceName, string]>([
    ['inference', 'resmask.inference.v1.InferenceService'],
    ['registry', 'resmask.registry.v1.RegistryService'],
    ['evaluation', 'resmask.evaluation.v1alpha1.EvaluationService'],
  ])('lists and describes %s', async (name, service) => {
    expect(await grpcurl(name, 'list')).toContain(service);
    const { stdout } = await run(GRPCURL, ['-plaintext', platform.service(name).address, 'describe', service]);
    expect(stdout).toContain(`service ${service.split('.').at(-1)} {`);
  });

  it('calls a method and gets the models', async () => {
    const answer = await grpcurl(
      'registry',
      '-d',
      '{"parent": "namespaces/default"}',
      'resmask.registry.v1.RegistryService/ListModels',
    );
    expect(JSON.parse(answer).models.map(({ name }: { name: string }) => name)).toEqual([
      'namespaces/default/models/resmasking-compact',
      'namespaces/default/models/tiny-face-detector',
    ]);
  });

  it('sees health', async () => {
    expect(JSON.parse(await grpcurl('inference', '-d', '{}', 'grpc.health.v1.Health/Check'))).toEqual({
      status: 'SERVING',
    });
  });
});
