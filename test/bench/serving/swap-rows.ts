import { setTimeout as delay } from 'node:timers/promises';
import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import type { RegistryClient } from '@resmask/client';
import { DeliveryMode } from '@resmask/contracts/inference.v1';
import { encodeModel } from '@resmask/onnx';
import { publish } from '../../support/publish.ts';
import { atMost, figure, percentile, type Row } from '../row.ts';
import { FrameLoad, latencies } from './frame-load.ts';
import type { ServingBench } from './serving-bench.ts';

const MODEL = 'bench-swapped';
const ALIAS = `namespaces/default/models/${MODEL}/aliases/production`;
const STREAMS = 4;
const FPS = 20;

/** The alias of streams that are being served moves to and fro. */
export async function* swapRows(bench: ServingBench, swaps: number): AsyncGenerator<Row> {
  const registry = bench.registry;
  const architecture = findArchitecture('resmasking-compact');
  const versions: string[] = [];
  for (const seed of [1, 2]) {
    const file = Buffer.from(encodeModel(buildGraph(architecture, seededWeights(seed)).build()));
    versions.push(
      await publish(registry, MODEL, file, defaultSpec(architecture), seed === 1 ? 'production' : undefined),
    );
  }
  const loads = Array.from(
    { length: STREAMS },
    () => new FrameLoad(bench.address, { model: MODEL, mode: DeliveryMode.DELIVERY_MODE_LOSSLESS, maxInFlight: 8 }),
  );
  await Promise.all(loads.map(({ accepted }) => accepted));
  const stop = new AbortController();
  const running = loads.map((load) => keepSending(load, stop.signal));
  await delay(3000);
  // The first few swaps leave the allocator where it stays.
  await swap(registry, versions, Math.ceil(swaps / 10));
  const [memory, steadyUntil] = [bench.memory(), performance.now()];
  await swap(registry, versions, swaps);
  const swappedUntil = performance.now();
  await delay(1000);
  const after = bench.memory();
  stop.abort();
  await Promise.all(running);
  const samples = loads.flatMap((load) => load.samples);
  const failed =
    samples.filter(({ kind }) => kind !== 'result').length + loads.reduce((sum, { unanswered }) => sum + unanswered, 0);
  const within = (from: number, to: number): number[] =>
    latencies(samples.filter(({ dueAt }) => dueAt >= from && dueAt < to));
  const calm = within(steadyUntil - 2500, steadyUntil - 500);
  const during = within(steadyUntil, swappedUntil);
  await Promise.all(loads.map((load) => load.end()));
  registry.close();
  yield figure('P15.swaps', 'promotions that were followed while four streams ran', swaps, 'swaps');
  yield atMost('P15.failed', 'frames without a result', failed, 0, 'frames');
  yield atMost('P15.memory', 'memory of the service after ÷ before', after / memory, 1.1, '×');
  yield atMost(
    'P15.p99',
    'p99 during the swaps ÷ before them',
    percentile(during, 0.99) / percentile(calm, 0.99),
    2,
    '×',
  );
}

async function swap(registry: RegistryClient, versions: readonly string[], count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const { etag, version } = await registry.getAlias(ALIAS);
    await registry.setAlias(ALIAS, versions[version === versions[0] ? 1 : 0], etag);
    await delay(250);
  }
}

async function keepSending(load: FrameLoad, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    load.send();
    await delay(1000 / FPS);
  }
  await load.settled();
}
