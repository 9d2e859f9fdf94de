import { readFile } from 'node:fs/promises';
import { credentials } from '@grpc/grpc-js';
import { DeliveryMode, encodedImage, type FrameInput, type InferenceClient } from '@resmask/client';
import { InferenceServiceClient, RecognizeRequest, StreamFramesRequest } from '@resmask/contracts/inference.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo } from '../support/answers.js';
import { noiseJpeg } from '../support/pictures.js';
import { samplePhoto } from '../support/samples.js';
import { metricsPort, Scrape } from '../support/scrape.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';
import { TestService } from '../support/test-service.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const LATEST = { mode: DeliveryMode.DELIVERY_MODE_LATEST };
const ANYWHERE = { RESMASK_METRICS_LISTEN: '127.0.0.1:0' };
const MODEL = { model: `${PARENT}/models/resmasking-compact` };
const STREAM_CALLS = { rpc_method: 'resmask.inference.v1.InferenceService/StreamFrames' };
const UNARY_CALLS = { rpc_method: 'resmask.inference.v1.InferenceService/Recognize' };
/** Every label there may be: each of a small closed set, or a model's. */
const LABELS = [
  ...['model', 'version', 'state', 'phase', 'reason', 'verdict', 'provider', 'kind', 'le'],
  ...['rpc_system_name', 'rpc_method', 'rpc_response_status_code', 'cpu_mode', 'nodejs_eventloop_state'],
  // What pg-boss measures of its queues by itself.
  ...['messaging_system', 'messaging_destination_name', 'db_namespace', 'pgboss_schema', 'pgboss_job_state'],
];

describe('metrics', () => {
  let platform: TestPlatform;
  let service: TestService;
  let inference: InferenceClient;
  let face: Buffer;
  let noise: Buffer;

  beforeAll(async () => {
    platform = await TestPlatform.start(ANYWHERE);
    await platform.publishShippedModels();
    service = await platform.startInference(ANYWHERE);
    await platform.startEvaluation(ANYWHERE);
    inference = platform.inference;
    face = await samplePhoto(1);
    noise = await noiseJpeg(160, 120);
  });
  afterAll(() => platform.stop());

  const frame = (frameId: number, bytes: Buffer): FrameInput => ({ frameId, image: encodedImage(bytes) });
  const grown = async (act: () => Promise<unknown>, settled: (scrape: Scrape) => boolean = () => true) => {
    const before = await Scrape.of(service);
    await act();
    const after = await Scrape.until(service, settled);
    return (name: string, labels: Record<string, string> = {}) =>
      after.value(name, labels) - before.value(name, labels);
  };

  it('tell of every recognised frame where its time went, and how many faces it had', async () => {
    const frames = Array.from({ length: 20 }, (_, i) => frame(i + 1, i < 4 ? face : noise));
    const growth = await grown(() => answersTo(inference, LOSSLESS, frames));
    expect(growth('resmask_frames_recognized_total', { ...MODEL, version: '1' })).toBe(20);
    expect(growth('resmask_faces_recognized_total', { ...MODEL, version: '1' })).toBe(12);
    for (const phase of ['receive', 'decode', 'detect', 'queue', 'send', 'total'])
      expect(growth('resmask_frame_phase_duration_seconds_count', { ...MODEL, phase }), phase).toBe(20);
    expect(growth('resmask_frame_phase_duration_seconds_count', { ...MODEL, phase: 'infer' })).toBe(4);
    const total = growth('resmask_frame_phase_duration_seconds_sum', { ...MODEL, phase: 'total' });
    const parts = ['receive', 'decode', 'detect', 'queue', 'infer', 'send'].map((phase) =>
      growth('resmask_frame_phase_duration_seconds_sum', { ...MODEL, phase }),
    );
    const sum = parts.reduce((a, b) => a + b, 0);
    expect(Math.abs(total - sum)).toBeLessThan(0.05 * total);
    expect(growth('resmask_batch_size_sum', MODEL)).toBe(12);
  });

  it('count dropped live frames by reason, so that with the recognised ones none is missing', async () => {
    const frames = Array.from({ length: 60 }, (_, i) => frame(i + 1, face));
    let [dropped, recognized] = [0, 0];
    const growth = await grown(async () => {
      const answers = await answersTo(inference, LATEST, frames);
      // What the client dropped by itself never came here.
      dropped = answers.filter(({ $case, value }) => $case === 'dropped' && !('local' in value)).length;
      recognized = answers.filter(({ $case }) => $case === 'result').length;
    });
    expect(dropped).toBeGreaterThan(0);
    expect(growth('resmask_frames_dropped_total', { reason: 'superseded' })).toBe(dropped);
    expect(growth('resmask_frames_recognized_total')).toBe(recognized);
  });

  it('count frames answered by an error by its reason', async () => {
    const bad = [frame(1, Buffer.from('no picture')), frame(2, noise), frame(2, noise)];
    const growth = await grown(() => answersTo(inference, LOSSLESS, bad));
    expect(growth('resmask_frames_failed_total', { reason: 'FRAME_UNDECODABLE' })).toBe(1);
    expect(growth('resmask_frames_failed_total', { reason: 'FRAME_ID_NOT_INCREASING' })).toBe(1);
    expect(growth('resmask_frames_recognized_total')).toBe(1);
  });

  it('count calls by method and code, whoever ended them', async () => {
    const stub = new InferenceServiceClient(service.address, credentials.createInsecure());
    const recognize = () => new Promise((resolve) => stub.recognize(RecognizeRequest.fromPartial({}), resolve));
    const endedAs = (code: string, calls: object) => ({ rpc_response_status_code: code, ...calls });
    const codes = ['OK', 'RESOURCE_EXHAUSTED'];
    const before = await Scrape.of(service);
    const count = (scrape: Scrape, code: string, calls: object): number =>
      scrape.value('rpc_server_call_duration_seconds_count', endedAs(code, calls));
    await answersTo(inference, LOSSLESS, [frame(1, noise)]);
    const tooLarge = stub.streamFrames();
    tooLarge.on('error', () => {}).on('data', () => {});
    const image = encodedImage(Buffer.alloc(9_000_000));
    tooLarge.write(StreamFramesRequest.fromPartial({ message: { $case: 'frame', value: { frameId: 1, image } } }));
    await recognize();
    const after = await Scrape.until(service, (scrape) =>
      codes.every((code) => count(scrape, code, STREAM_CALLS) === count(before, code, STREAM_CALLS) + 1),
    );
    expect(count(after, 'INVALID_ARGUMENT', UNARY_CALLS) - count(before, 'INVALID_ARGUMENT', UNARY_CALLS)).toBe(1);
    stub.close();
  });

  it('count a call its client gave up as cancelled', async () => {
    const abort = new AbortController();
    const events = platform.registry.watchEvents(PARENT, { after: 0, signal: abort.signal });
    await events.next();
    abort.abort();
    await events.next().catch(() => {});
    const labels = {
      rpc_method: 'resmask.registry.v1.RegistryService/WatchEvents',
      rpc_response_status_code: 'CANCELLED',
    };
    const cancelled = (scrape: Scrape) => scrape.value('rpc_server_call_duration_seconds_count', labels);
    await Scrape.until(platform.service('registry'), (scrape) => cancelled(scrape) === 1);
  });

  it('tell what is open, waiting and loaded at this moment', async () => {
    const idle = await Scrape.of(service);
    expect(idle.value('resmask_streams_open')).toBe(0);
    expect(idle.value('resmask_queue_depth')).toBe(0);
    expect(idle.value('resmask_model_versions', { ...MODEL, version: '1', state: 'ready' })).toBe(1);
    expect(idle.value('resmask_model_memory_bytes', MODEL)).toBeGreaterThan(100_000);
    expect(idle.value('resmask_provider', { provider: 'cpu' })).toBe(1);
    const stub = new InferenceServiceClient(service.address, credentials.createInsecure());
    const call = stub.streamFrames();
    call.on('error', () => {});
    await Scrape.until(service, (scrape) => scrape.value('resmask_streams_open') === 1);
    expect((await Scrape.of(service)).value('resmask_calls_open')).toBe(1);
    call.cancel();
    await Scrape.until(service, (scrape) => scrape.value('resmask_streams_open') === 0);
    stub.close();
  });

  it('count that a reference came to mean another version, and forget the version that was let go', async () => {
    await platform.publishUntrained('moving', 1, 'production');
    const stub = new InferenceServiceClient(service.address, credentials.createInsecure());
    await new Promise((resolve) => stub.loadModel({ parent: '', model: 'moving' }, resolve));
    const moving = { model: `${PARENT}/models/moving` };
    await Scrape.until(service, (scrape) => scrape.value('resmask_model_versions', { ...moving, version: '1' }) === 1);
    await platform.publishUntrained('moving', 2, 'production');
    const after = await Scrape.until(service, (scrape) => scrape.value('resmask_model_switches_total', moving) === 1);
    expect(after.value('resmask_model_versions', { ...moving, version: '2', state: 'ready' })).toBe(1);
    await Scrape.until(service, (scrape) => scrape.value('resmask_model_versions', { ...moving, version: '1' }) === 0);
    stub.close();
  });

  it.each(['registry', 'inference', 'evaluation'] as const)('of %s tell of its process and its calls', async (name) => {
    const scrape = await Scrape.of(platform.service(name));
    for (const metric of [
      ...['process_cpu_time_seconds_total', 'process_memory_usage_bytes', 'process_uptime_seconds'],
      ...['nodejs_eventloop_delay_p99_seconds', 'nodejs_eventloop_time_seconds_total', 'resmask_calls_open'],
    ])
      expect(scrape.names).toContain(metric);
    expect(scrape.value('process_memory_usage_bytes')).toBeGreaterThan(30_000_000);
    expect(scrape.value('nodejs_eventloop_delay_p99_seconds')).toBeLessThan(10);
  });

  it('have no label but those of small closed sets and of models', async () => {
    const labels = (['registry', 'inference', 'evaluation'] as const).map(async (name) => {
      const { samples } = await Scrape.of(platform.service(name));
      return samples.flatMap((sample) => Object.keys(sample.labels));
    });
    const found = new Set((await Promise.all(labels)).flat());
    expect([...found].filter((label) => !LABELS.includes(label))).toEqual([]);
  });

  it('are what the dashboard shows, every one of them', async () => {
    const file = new URL('../../helm/resmask/dashboards/resmask.json', import.meta.url);
    const { panels } = JSON.parse(await readFile(file, 'utf8')) as { panels: { targets?: { expr: string }[] }[] };
    const shown = panels
      .flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => expr.match(/\b[a-z_]+(?=\{)/g) ?? []))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    const { names } = await Scrape.of(service);
    expect(shown.length).toBeGreaterThan(20);
    expect([...new Set(shown)].filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => /^(resmask|rpc)_/.test(name) && !shown.includes(name))).toEqual([]);
  });

  it('count faces shown to a shadow by whether it says the same', async () => {
    await platform.publishUntrained('shadowed', 1, 'production');
    const shadowVersion = await platform.publishUntrained('shadowed', 2);
    const name = `${PARENT}/models/shadowed/aliases/production`;
    const { etag } = await platform.registry.getAlias(name);
    await platform.registry.updateAlias(name, { shadowVersion }, etag);
    const regions = [{ area: { $case: 'wholeFrame' as const, value: {} } }];
    const config = { ...LOSSLESS, model: 'shadowed', maxInFlight: 1 };
    const growth = await grown(
      // The last ones may be forgotten with the stream.
      () =>
        answersTo(
          inference,
          config,
          Array.from({ length: 30 }, (_, i) => ({ ...frame(i + 1, noise), regions })),
        ),
      (scrape) => scrape.samples.some((sample) => sample.name === 'resmask_shadow_faces_total'),
    );
    expect(growth('resmask_shadow_faces_total', { model: `${PARENT}/models/shadowed`, version: '2' })).toBeGreaterThan(
      0,
    );
  });

  it('are what docs/observability.md lists, all of them with their labels', async () => {
    const page = await readFile(new URL('../../docs/observability.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| (`[a-z]+_.*?`) +\| (.*?) +\|/gm)].flatMap(([, names, labels]) =>
      namesIn(names).map((name) => [name, [...labels.matchAll(/`([a-z_]+)`/g)].map(([, label]) => label)] as const),
    );
    const { samples, names } = await Scrape.of(service);
    expect(listed.map(([name]) => name).sort()).toEqual([...names].sort());
    for (const [name, labels] of listed) {
      const found = samples.filter((sample) => sample.name.replace(/_(bucket|sum|count)$/, '') === name);
      const used = new Set(found.flatMap((sample) => Object.keys(sample.labels)));
      expect([...used].filter((label) => !['le', 'rpc_system_name'].includes(label)).sort(), name).toEqual(
        labels.sort(),
      );
    }
  });

  it('are read by GET at /metrics and nowhere else', async () => {
    const url = `http://127.0.0.1:${metricsPort(service)}`;
    expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toContain('version=0.0.4');
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('are read nowhere unless asked for, and an address in use stops the start with what to do', async () => {
    const environment = { ...platform.environment, RESMASK_REGISTRY: platform.service('registry').address };
    const quiet = await TestService.start('inference', environment);
    expect(metricsPort(quiet)).toBeNaN();
    await quiet.stop();
    const listen = `127.0.0.1:${metricsPort(service)}`;
    await expect(TestService.start('inference', { ...environment, RESMASK_METRICS_LISTEN: listen })).rejects.toThrow(
      `RESMASK_METRICS_LISTEN: ${listen} cannot be used`,
    );
  });
});

/** Names in a cell of a table, where `a_{b,c}_d` stands for two. */
function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => {
    const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
    return choices ? choices.split(',').map((choice) => `${before}${choice}${after}`) : [name];
  });
}
