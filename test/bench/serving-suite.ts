import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  DeliveryMode,
  encodedImage,
  type FrameInput,
  InferenceClient,
  PixelFormat,
  RegistryClient,
  rawImage,
} from '@resmask/client';
import type { WorkerPool } from '@resmask/runtime';
import { checkHealth } from '../../apps/cli/dist/up/check-health.js';
import { Platform } from '../../apps/cli/dist/up/platform.js';
import { registerShippedModels } from '../../apps/cli/dist/up/shipped-models.js';
import { type BareTask, startBarePool } from './bare-pool.ts';
import { atLeast, atMost, figure, percentile, type Row } from './row.ts';

const WORKERS = 2;
const PARENT = 'namespaces/default';
const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const WHOLE_FRAME = [{ area: { $case: 'wholeFrame' as const, value: {} } }];

type Image = FrameInput['image'];

/** Streams against bare ONNX Runtime, both in this run, taking turns. The client shares the CPUs with the service. */
export async function* servingSuite(quick: boolean): AsyncGenerator<Row> {
  const folder = mkdtempSync('/tmp/resmask-bench-');
  chmodSync(folder, 0o711);
  const probeFile = join(folder, 'event-loop.json');
  process.env['RESMASK_BENCH_EVENT_LOOP'] = probeFile;
  process.env['NODE_OPTIONS'] = `--import ${new URL('./event-loop-probe.mjs', import.meta.url).href}`;
  process.env['RESMASK_WORKERS'] = String(WORKERS);
  const free = '127.0.0.1:0';
  const platform = await Platform.start({
    folder,
    listen: { registry: free, inference: free, evaluation: free },
    tell: () => {},
  });
  const bare = startBarePool(WORKERS);
  try {
    await prepare(platform);
    const inference = new InferenceClient(platform.address('inference'));
    const rounds = quick ? 4 : 12;
    yield* latencyRows(inference, bare, rounds, quick ? 100 : 400);
    yield* throughputRows(inference, bare, quick ? 3000 : 10_000, platform, probeFile);
    inference.close();
  } finally {
    await bare.close();
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(platform: Platform): Promise<void> {
  const registry = new RegistryClient(platform.address('registry'));
  await registerShippedModels(registry, PARENT);
  registry.close();
  while ((await checkHealth(platform.address('inference'))) !== 'SERVING') await delay(100);
}

/** One frame at a time: end to end against the same networks run bare. */
async function* latencyRows(
  inference: InferenceClient,
  bare: WorkerPool<BareTask, number>,
  rounds: number,
  frames: number,
): AsyncGenerator<Row> {
  const face = rawImage(PixelFormat.PIXEL_FORMAT_GRAY8, 48, 48, new Uint8Array(2304).fill(127));
  const crop = await compare(
    rounds,
    frames,
    () => closedLoop(inference, face, WHOLE_FRAME),
    () => bareLoop(bare, ['resmasking-compact']),
  );
  yield figure('crop.bare.p50', 'the compact network alone, one 48×48 image', crop.bare, 'ms');
  yield figure('crop.e2e.p50', 'a 48×48 frame streamed with a whole-frame region, one at a time', crop.served, 'ms');
  yield atMost('crop.added.p50', 'what serving adds to it', crop.served - crop.bare, 0.6, 'ms');
  yield figure('crop.ratio.p50', 'end to end ÷ bare', crop.served / crop.bare, '×');
  yield figure('crop.noise', 'bare ÷ bare between the two halves of the run', crop.noise, '×');
  const picture = encodedImage(samplePicture());
  const photo = await compare(
    rounds,
    Math.ceil(frames / 8),
    () => closedLoop(inference, picture, []),
    () => bareLoop(bare, ['tiny-face-detector', ...Array(FACES_IN_SAMPLE).fill('resmasking-compact')]),
  );
  yield figure('photo.bare.p50', `detector and ${FACES_IN_SAMPLE} classifications alone`, photo.bare, 'ms');
  yield figure('photo.e2e.p50', 'a 1920×1280 JPEG streamed, decoding and cropping included', photo.served, 'ms');
  yield figure('photo.ratio.p50', 'end to end ÷ bare', photo.served / photo.bare, '×');
}

/** As many frames as there are: against the same work on bare workers, and how the gRPC thread fares meanwhile. */
async function* throughputRows(
  inference: InferenceClient,
  bare: WorkerPool<BareTask, number>,
  forMs: number,
  platform: Platform,
  probeFile: string,
): AsyncGenerator<Row> {
  const face = rawImage(PixelFormat.PIXEL_FORMAT_GRAY8, 48, 48, new Uint8Array(2304).fill(127));
  const bareRates = [await bareRate(bare, forMs / 2)];
  const served = await streamRate(inference, face, WHOLE_FRAME, forMs);
  bareRates.push(await bareRate(bare, forMs / 2));
  const bareMean = (bareRates[0] + bareRates[1]) / 2;
  yield figure('crop.bare.rate', `the compact network alone on ${WORKERS} workers`, bareMean, 'images/s');
  yield figure(
    'crop.e2e.rate',
    'frames of one crop through one stream, client and service on the same CPUs',
    served,
    'frames/s',
  );
  yield atLeast('crop.rate.ratio', 'end to end ÷ bare', served / bareMean, 0.5, '×', 'no batches across frames yet');
  const inferencePid = platform.pid('inference');
  if (inferencePid) process.kill(inferencePid, 'SIGUSR2');
  const rate = await streamRate(inference, encodedImage(samplePicture()), [], forMs);
  await delay(300);
  const loop = JSON.parse(readFileSync(probeFile, 'utf8'));
  yield figure('photo.e2e.rate', '1920×1280 JPEGs of three faces through one stream', rate, 'frames/s');
  yield atMost('event-loop.p99', 'delay of the gRPC thread while that stream ran', loop.p99, 10, 'ms');
  yield figure('event-loop.max', 'its longest delay', loop.max, 'ms');
}

const FACES_IN_SAMPLE = 3;

function samplePicture(): Buffer {
  return readFileSync(
    fileURLToPath(new URL('demo/sample1.jpg', import.meta.resolve('@vladmandic/face-api/package.json'))),
  );
}

type Loop = () => AsyncGenerator<number>;

/** Takes turns between two loops. @returns median times, and how far the first one's halves differ */
async function compare(rounds: number, samples: number, served: Loop, bare: Loop) {
  const times = { served: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, loop] of [
      ['bare', bare],
      ['served', served],
    ] as const) {
      let taken = 0;
      for await (const ms of loop()) {
        taken += 1;
        // The first few of each turn warm caches.
        if (taken > 5) times[kind].push(ms);
        if (taken === samples + 5) break;
      }
    }
  }
  const half = times.bare.length / 2;
  const noise = percentile(times.bare.slice(0, half), 0.5) / percentile(times.bare.slice(half), 0.5);
  return { served: percentile(times.served, 0.5), bare: percentile(times.bare, 0.5), noise };
}

/** Streams one frame after the other, each when the one before is answered. @yields milliseconds per frame */
async function* closedLoop(
  inference: InferenceClient,
  image: Image,
  regions: typeof WHOLE_FRAME | [],
): AsyncGenerator<number> {
  let release = (): void => {};
  async function* frames(): AsyncGenerator<FrameInput> {
    for (let frameId = 1; ; frameId += 1) {
      const answered = new Promise<void>((resolve) => {
        release = resolve;
      });
      sentAt = performance.now();
      yield { frameId, image, regions };
      await answered;
    }
  }
  let sentAt = 0;
  for await (const answer of inference.streamFrames(LOSSLESS, frames())) {
    if (answer.$case === 'accepted') continue;
    if (answer.$case !== 'result') throw new Error(`the service answered ${answer.$case}`);
    yield performance.now() - sentAt;
    release();
  }
}

async function* bareLoop(bare: WorkerPool<BareTask, number>, run: readonly string[]): AsyncGenerator<number> {
  for (;;) yield await bare.run({ run });
}

async function streamRate(
  inference: InferenceClient,
  image: Image,
  regions: typeof WHOLE_FRAME | [],
  forMs: number,
): Promise<number> {
  async function* frames(): AsyncGenerator<FrameInput> {
    const end = performance.now() + forMs;
    for (let frameId = 1; performance.now() < end; frameId += 1) yield { frameId, image, regions };
  }
  let answered = 0;
  const start = performance.now();
  for await (const answer of inference.streamFrames(LOSSLESS, frames())) if (answer.$case === 'result') answered += 1;
  return (answered * 1000) / (performance.now() - start);
}

async function bareRate(bare: WorkerPool<BareTask, number>, forMs: number): Promise<number> {
  const end = performance.now() + forMs;
  let done = 0;
  const start = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await bare.run({ run: ['resmasking-compact'] });
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: bare.size * 2 }, lane));
  return (done * 1000) / (performance.now() - start);
}
