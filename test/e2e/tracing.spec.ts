import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resmask } from '../support/command-line.js';
import { OtlpCollector, type Span } from '../support/otlp-collector.js';
import { noiseJpeg } from '../support/pictures.js';
import { TestPlatform } from '../support/test-platform.js';
import { TestService } from '../support/test-service.js';

const SERVER = 2;
const CLIENT = 3;

let platform: TestPlatform;
let collector: OtlpCollector;
let tracing: Record<string, string>;
const services: TestService[] = [];

beforeAll(async () => {
  collector = await OtlpCollector.start();
  tracing = collector.environment;
  platform = await TestPlatform.start();
  await platform.publishShippedModels();
});
afterAll(async () => {
  for (const service of services) await service.stop();
  await platform.stop();
  collector.close();
});

it('one trace spans command line, inference and registry, each span under the right parent', async () => {
  const registry = await TestService.start('registry', { ...platform.service('registry').environment, ...tracing });
  services.push(registry);
  const environment = { ...platform.environment, RESMASK_REGISTRY: registry.address, ...tracing };
  const inference = await TestService.start('inference', environment);
  services.push(inference);
  const folder = await mkdtemp(join(tmpdir(), 'resmask-tracing-'));
  await writeFile(join(folder, 'noise.jpg'), await noiseJpeg(64, 64));
  await delay(1000);
  collector.exports.length = 0;
  const { code, stderr } = await resmask(
    ['stream', folder, '--model', 'resmasking-compact/1', '--inference', inference.address],
    tracing,
  );
  expect(code, stderr).toBe(0);
  const stream = await find(
    (span) => span.service === 'resmask-cli' && span.kind === CLIENT && span.name.includes('StreamFrames'),
  );
  const ofTrace = (name: string, service: string, kind: number) =>
    find(
      (span) =>
        span.traceId === stream.traceId && span.service === service && span.kind === kind && span.name.includes(name),
    );
  const served = await ofTrace('StreamFrames', 'resmask-inference', SERVER);
  const asked = await ofTrace('ResolveModelVersion', 'resmask-inference', CLIENT);
  const resolved = await ofTrace('ResolveModelVersion', 'resmask-registry', SERVER);
  expect(stream.parentSpanId ?? '').toBe('');
  expect(served.parentSpanId).toBe(stream.spanId);
  expect(asked.parentSpanId).toBe(served.spanId);
  const parents = collector.spans
    .filter(({ name, kind, traceId }) => traceId === stream.traceId && kind === CLIENT && name.includes('Resolve'))
    .map(({ spanId }) => spanId);
  expect(parents).toContain(resolved.parentSpanId);
  await rm(folder, { recursive: true });
});

async function find(wanted: (span: Span) => boolean): Promise<Span> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = collector.spans.find(wanted);
    if (found) return found;
    await delay(100);
  }
  throw new Error(
    `no such span among ${collector.spans.map(({ service, name, kind }) => `${service} ${name} ${kind}`).join(', ')}`,
  );
}
