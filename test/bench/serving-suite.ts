import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { percentile, type Row } from './row.ts';
import { bareLatency } from './serving/bare-load.ts';
import { type BarePool, startBarePool } from './serving/bare-models.ts';
import { firstFrameRows } from './serving/first-frame-rows.ts';
import { latencyRows } from './serving/latency-rows.ts';
import { type LoadCurves, loadRows } from './serving/load-rows.ts';
import { observabilityRows } from './serving/observability-rows.ts';
import { pictureRows } from './serving/picture-rows.ts';
import { readerRows } from './serving/reader-rows.ts';
import { ServingBench, WORKERS } from './serving/serving-bench.ts';
import { servingPlot } from './serving/serving-plot.ts';
import { soakRows } from './serving/soak-rows.ts';
import { stopRows } from './serving/stop-rows.ts';
import { swapRows } from './serving/swap-rows.ts';
import { throughputRows } from './serving/throughput-rows.ts';

/** Sizes of the suite: whole, or every row in less than five minutes. */
const WHOLE = { latency: { rounds: 12, frames: 400 }, ms: 10_000, swaps: 200, rounds: 40, soakMinutes: 30 };
const QUICK = { latency: { rounds: 4, frames: 100 }, ms: 3000, swaps: 20, rounds: 6, soakMinutes: 0.5 };

/** Streams against bare ONNX Runtime, both in this run, taking turns. The client shares the CPUs with the service. */
export async function* servingSuite(quick: boolean): AsyncGenerator<Row> {
  const size = quick ? QUICK : WHOLE;
  const bench = await ServingBench.start();
  const bare = startBarePool(WORKERS, [bench.heavy]);
  try {
    yield* latencyRows(bench.address, bare, bench.heavy.name, size.latency);
    yield* throughputRows(bench, bare, size.ms);
    const heavyMs = await modelTime(bare, bench.heavy.name);
    const curves: LoadCurves = { latency: [], freshness: [] };
    yield* loadRows(bench.address, bench.heavy.name, heavyMs, size.ms, curves);
    writePlot(curves);
    yield* readerRows(bench, heavyMs, size.ms);
    yield* firstFrameRows(bench);
    yield* swapRows(bench, size.swaps);
    yield* pictureRows(bench.address, size.ms);
    yield* observabilityRows(bench, size.rounds);
    yield* soakRows(bench, size.soakMinutes, !quick);
    yield* stopRows(bench);
  } finally {
    await bare.close();
    await bench.stop();
  }
}

async function modelTime(bare: BarePool, model: string): Promise<number> {
  return percentile(await bareLatency(bare, [model], 50), 0.5);
}

function writePlot(curves: LoadCurves): void {
  const folder = fileURLToPath(new URL('../../build/bench/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}serving.svg`,
    servingPlot(curves, 'ResNet-18 on 112×112, client and service on the same two cores'),
  );
  process.stderr.write(`plot: ${folder}serving.svg\n`);
}
