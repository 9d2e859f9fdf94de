import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode } from '@resmask/contracts/inference.v1';
import { atMost, percentile, type Row } from '../row.ts';
import { FrameLoad, latencies } from './frame-load.ts';
import type { ServingBench } from './serving-bench.ts';

/** Clients that do not read, and clients that go away. */
export async function* readerRows(bench: ServingBench, modelMs: number, forMs: number): AsyncGenerator<Row> {
  const { address, heavy } = bench;
  const alone = await steady(address, forMs / 2);
  const before = bench.memory();
  const stalled = new FrameLoad(address, { model: 'bench-echo', mode: DeliveryMode.DELIVERY_MODE_LATEST });
  await stalled.accepted;
  stalled.call.pause();
  const flooding = keepSending(stalled, forMs);
  const beside = await steady(address, forMs / 2);
  await flooding;
  const grown = (bench.memory() - before) / 2 ** 20;
  stalled.cancel();
  yield atMost(
    'P14.memory',
    'memory of the service with a client that sends and never reads; its own noise included',
    grown,
    16,
    'MiB',
  );
  yield atMost(
    'P14.others',
    'p99 of another stream ÷ without it',
    percentile(beside, 0.99) / percentile(alone, 0.99),
    1.1,
    '×',
  );
  const gone = new FrameLoad(address, { model: heavy.name, maxInFlight: 64 });
  await gone.accepted;
  for (let i = 0; i < 64; i += 1) gone.send();
  await delay(50);
  const next = new FrameLoad(address, { model: heavy.name, maxInFlight: 1 });
  await next.accepted;
  gone.cancel();
  await delay(50);
  next.send();
  await next.settledNext();
  const [first] = latencies(next.samples);
  await next.end();
  // 50 ms after the cancel nothing of it may be in the way but what ran then.
  yield atMost(
    'P17.next',
    'a frame 50 ms after another stream with 64 frames was cancelled − its model',
    first - modelMs,
    2 * modelMs + 5,
    'ms',
  );
}

async function steady(address: string, forMs: number): Promise<number[]> {
  const load = new FrameLoad(address, { model: 'resmasking-compact', maxInFlight: 1 });
  await load.closedLoop(1, forMs);
  await load.end();
  return latencies(load.samples);
}

/** Thirty frames a second, as a camera sends them whether anybody reads the answers or not. */
async function keepSending(load: FrameLoad, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    load.send();
    await delay(1000 / 30);
  }
}
