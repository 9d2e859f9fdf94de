import { atLeast, atMost, figure, percentile, type Row } from '../row.ts';
import { bareRate, bestBatch } from './bare-load.ts';
import type { BarePool } from './bare-models.ts';
import { FrameLoad, type LoadOptions } from './frame-load.ts';
import type { ServingBench } from './serving-bench.ts';

const STREAMS = 32;
/** Frames each stream keeps under way; together they fill batches of both sessions. */
const IN_FLIGHT = 2;

/** As many frames as there are, against the same networks on bare workers; and how the gRPC thread fares meanwhile. */
export async function* throughputRows(bench: ServingBench, bare: BarePool, forMs: number): AsyncGenerator<Row> {
  for (const [id, model] of [
    ['compact', 'resmasking-compact'],
    ['resnet18', bench.heavy.name],
  ] as const) {
    const best = await bestBatch(bare, model, forMs / 8);
    const before = await bareRate(bare, model, best.batch, forMs / 2);
    bench.resetEventLoop();
    const served = await saturate(bench.address, { model }, forMs);
    const loop = await bench.eventLoop();
    const after = await bareRate(bare, model, best.batch, forMs / 2);
    const alone = (before + after) / 2;
    yield figure(`P4.${id}.bare`, `${model} alone on two workers, batches of ${best.batch}`, alone, 'images/s');
    yield figure(`P4.${id}.served`, `${STREAMS} streams at saturation`, served.rate, 'frames/s');
    const shared = id === 'compact' ? 'the client takes its share of the same two cores' : undefined;
    yield atLeast(`P4.${id}.ratio`, 'served ÷ bare at its best batch', served.rate / alone, 0.9, '×', shared);
    const size = Math.max(1, Math.round(served.batch));
    const atBatch = await bareRate(bare, model, size, forMs / 2);
    yield atLeast(
      `P6.${id}.ratio`,
      `served ÷ bare at the mean batch of ${size}`,
      served.rate / atBatch,
      0.85,
      '×',
      shared,
    );
    yield figure(`P6.${id}.batch`, 'mean batch at saturation', served.batch, 'images');
    yield atMost(`P12.${id}.p99`, 'delay of the gRPC thread meanwhile', loop.p99, 5, 'ms');
    yield atMost(`P12.${id}.max`, 'its longest', loop.max, 25, 'ms');
  }
  const echo = await saturate(bench.address, { model: 'bench-echo' }, forMs);
  yield atLeast(
    'P20.echo',
    'frames of 37.6 kB through one gRPC process, next to no network',
    echo.rate,
    4000,
    'frames/s',
    'the client takes its share of the same two cores',
  );
}

/** @returns frames answered per second, and the mean batch they were in */
export async function saturate(
  address: string,
  options: LoadOptions,
  forMs: number,
  streams = STREAMS,
): Promise<{ rate: number; batch: number }> {
  const loads = Array.from({ length: streams }, () => new FrameLoad(address, { maxInFlight: IN_FLIGHT, ...options }));
  await Promise.all(loads.map(({ accepted }) => accepted));
  await Promise.all(loads.map((load) => load.closedLoop(IN_FLIGHT, forMs)));
  const samples = loads.flatMap((load) => load.samples).filter(({ kind }) => kind === 'result');
  await Promise.all(loads.map((load) => load.end()));
  const times = samples.map(({ answeredAt }) => answeredAt);
  // The ends are slower: streams start and stop one after the other.
  const [from, to] = [percentile(times, 0.05), percentile(times, 0.95)];
  const inside = samples.filter(({ answeredAt }) => answeredAt >= from && answeredAt <= to);
  // Weighted by runs, not by frames: a batch of eight is one run.
  const runs = inside.reduce((sum, { batchSize }) => sum + 1 / batchSize, 0);
  return { rate: (inside.length * 1000) / (to - from), batch: inside.length / runs };
}
