import { setTimeout as delay } from 'node:timers/promises';
import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { encodeModel } from '@resmask/onnx';
import { publish } from '../../support/publish.ts';
import { atMost, percentile, type Row } from '../row.ts';
import { FrameLoad, latencies } from './frame-load.ts';
import type { ServingBench } from './serving-bench.ts';

const SIZES = [1, 4, 16] as const;
const STEADY_BURSTS = 40;

/** A version that nobody used before: its first frames, in bursts of several sizes, against those that follow. */
export async function* firstFrameRows(bench: ServingBench): AsyncGenerator<Row> {
  const registry = bench.registry;
  const architecture = findArchitecture('resmasking-compact');
  for (const size of SIZES) {
    const file = Buffer.from(encodeModel(buildGraph(architecture, seededWeights(100 + size)).build()));
    const model = `bench-first-${size}`;
    await publish(registry, model, file, defaultSpec(architecture), 'production');
    // Accepted means loaded and warm.
    const load = new FrameLoad(bench.address, { model, maxInFlight: 64 });
    await load.accepted;
    const [first] = await bursts(load, size, 1);
    const steady = await bursts(load, size, STEADY_BURSTS);
    await load.end();
    yield atMost(
      `P16.burst${size}`,
      `the first ${size} frames of a version ÷ p99 of ${size} frames later`,
      first / percentile(steady, 0.99),
      1.5,
      '×',
    );
  }
  registry.close();
}

/** @returns milliseconds until the last frame of each burst was answered */
async function bursts(load: FrameLoad, size: number, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const before = load.samples.length;
    const dueAt = performance.now();
    for (let frame = 0; frame < size; frame += 1) load.send(dueAt);
    await load.settled();
    times.push(Math.max(...latencies(load.samples.slice(before))));
    await delay(20);
  }
  return times;
}
