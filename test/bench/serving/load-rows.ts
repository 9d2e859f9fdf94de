import { DeliveryMode } from '@resmask/contracts/inference.v1';
import { atLeast, atMost, figure, percentile, type Row } from '../row.ts';
import { FrameLoad, latencies, type Sample } from './frame-load.ts';
import { saturate } from './throughput-rows.ts';

/** What the load rows measured at one load, for the plot. */
export interface LoadPoint {
  /** Offered ÷ capacity. */
  readonly load: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Points of the plot, filled while rows are yielded. */
export interface LoadCurves {
  /** Latency of lossless streams, in milliseconds. */
  readonly latency: LoadPoint[];
  /** Age of the newest answer of live streams, in milliseconds. */
  readonly freshness: LoadPoint[];
}

const FPS = 30;

/** Streams that send at a fixed rate whatever becomes of their frames: below capacity, where they are answered, and above, where frames are dropped. */
export async function* loadRows(
  address: string,
  model: string,
  modelMs: number,
  forMs: number,
  curves: LoadCurves,
): AsyncGenerator<Row> {
  const { rate: capacity } = await saturate(address, { model }, forMs);
  yield figure('P8.capacity', `${model} at saturation`, capacity, 'frames/s');
  for (const load of [0.3, 0.5, 0.7, 0.9]) {
    const streams = Math.max(1, Math.round((capacity * load) / FPS));
    const samples = await offered(
      address,
      { model, mode: DeliveryMode.DELIVERY_MODE_LOSSLESS, maxInFlight: 8 },
      streams,
      (capacity * load) / streams,
      forMs,
    );
    const point = pointOf(load, latencies(samples.flat()));
    curves.latency.push(point);
    if (load !== 0.7) continue;
    const what = `${streams} streams at 70 % load, from when each frame was due`;
    yield atMost('P8.p50', what, point.p50, modelMs + 5, 'ms');
    yield atMost('P8.p95', what, point.p95, 2 * modelMs + 10, 'ms');
    yield atMost('P8.p99', what, point.p99, 3 * modelMs + 15, 'ms');
  }
  for (const overload of [1.5, 2, 4]) yield* overloadRows(address, model, modelMs, capacity, overload, forMs, curves);
}

/** Live streams under overload: how old answers are, and whether every frame is accounted for. */
async function* overloadRows(
  address: string,
  model: string,
  modelMs: number,
  capacity: number,
  overload: number,
  forMs: number,
  curves: LoadCurves,
): AsyncGenerator<Row> {
  const streams = 8;
  const fps = (capacity * overload) / streams;
  const start = performance.now();
  const byStream = await offered(
    address,
    { model, mode: DeliveryMode.DELIVERY_MODE_LATEST, maxInFlight: 1 },
    streams,
    fps,
    forMs,
  );
  const seconds = (performance.now() - start) / 1000;
  const all = byStream.flat();
  const results = all.filter(({ kind }) => kind === 'result');
  const ages = latencies(all);
  curves.freshness.push(pointOf(overload, ages));
  if (overload === 1.5) return;
  const interval = (streams * 1000 * seconds) / results.length;
  const id = `${overload}x`;
  yield atMost(
    `P9.${id}.p95`,
    `age of answers at ${overload} × capacity, from when frames were due`,
    percentile(ages, 0.95),
    2 * interval + modelMs,
    'ms',
  );
  const halves = [ages.slice(0, ages.length / 2), ages.slice(ages.length / 2)].map((half) => percentile(half, 0.95));
  yield atMost(`P9.${id}.drift`, 'p95 of the second half ÷ the first', halves[1] / halves[0], 1.25, '×');
  const count = Math.floor((fps * forMs) / 1000) * streams;
  const dropped = all.filter(({ kind }) => kind === 'dropped').length;
  yield atMost(
    `P10.${id}.unaccounted`,
    'frames offered − served − dropped',
    Math.abs(count - results.length - dropped),
    0,
    'frames',
  );
  const dropRate = dropped / count;
  yield atMost(
    `P10.${id}.rate`,
    'drop rate − (1 − served capacity ÷ offered)',
    Math.abs(dropRate - (1 - capacity / (capacity * overload))),
    0.05,
    'share',
  );
  yield atMost(
    `P11.${id}.inversions`,
    'answers out of order',
    byStream.reduce((sum, samples) => sum + inversions(samples), 0),
    0,
    'answers',
  );
  const shares = byStream.map((samples) => samples.filter(({ kind }) => kind === 'result').length);
  yield atLeast(`P11.${id}.jain`, 'Jain index of what streams with equal load got', jain(shares), 0.95, '');
  const fair = results.length / streams;
  yield atLeast(
    `P11.${id}.least`,
    'share of the stream that got least ÷ its fair share',
    Math.min(...shares) / fair,
    0.5,
    '×',
  );
}

async function offered(
  address: string,
  options: ConstructorParameters<typeof FrameLoad>[1],
  streams: number,
  fps: number,
  forMs: number,
): Promise<Sample[][]> {
  const loads = Array.from({ length: streams }, () => new FrameLoad(address, options));
  await Promise.all(loads.map(({ accepted }) => accepted));
  const start = performance.now() + 50;
  // Cameras are not in step.
  await Promise.all(loads.map((load, i) => load.openLoop(fps, start + (i * 1000) / fps / streams, forMs)));
  await Promise.all(loads.map((load) => load.end()));
  return loads.map(({ samples }) => samples);
}

function pointOf(load: number, times: readonly number[]): LoadPoint {
  return { load, p50: percentile(times, 0.5), p95: percentile(times, 0.95), p99: percentile(times, 0.99) };
}

function inversions(samples: readonly Sample[]): number {
  return samples.filter(({ frameId }, i) => i > 0 && frameId <= samples[i - 1].frameId).length;
}

/** (Σx)² ÷ (n · Σx²): 1 where all are equal. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  return sum ** 2 / (shares.length * shares.reduce((a, b) => a + b ** 2, 0));
}
