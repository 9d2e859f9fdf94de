import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkHealth } from '../../../apps/cli/dist/up/check-health.js';
import { ServiceProcess } from '../../../apps/cli/dist/up/service-process.js';
import { figure, percentile, type Row } from '../row.ts';
import { type ServingBench, WORKERS } from './serving-bench.ts';
import { saturate } from './throughput-rows.ts';

const MODEL = 'resmasking-compact';
const STREAMS = 8;
const WINDOW_MS = 1000;
const SCRAPE_MS = 5000;
const GOAL = 0.02;

/** Services beside the suite's own: two without metrics, whose difference is noise, and one whose metrics are on and read. */
const VARIANTS = ['a', 'b', 'metrics'] as const;
type Variant = (typeof VARIANTS)[number];

/** What measuring costs, in pairs of windows that take turns: throughput with metrics ÷ without, and the same of two without. */
export async function* observabilityRows(bench: ServingBench, rounds: number): AsyncGenerator<Row> {
  const services = new Map<Variant, ServiceProcess>();
  for (const variant of VARIANTS) services.set(variant, await startService(bench, variant));
  const stopScraping = scrape(metricsUrl(bench));
  const ratios = { metrics: [] as number[], noise: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const rates = new Map<Variant, number>();
    // Another one begins each round: the machine may tire.
    for (let i = 0; i < VARIANTS.length; i += 1) {
      const variant = VARIANTS[(i + round) % VARIANTS.length];
      const { rate } = await saturate(services.get(variant)?.address ?? '', { model: MODEL }, WINDOW_MS, STREAMS);
      rates.set(variant, rate);
    }
    const [a, b, metrics] = VARIANTS.map((variant) => rates.get(variant) ?? Number.NaN);
    ratios.metrics.push(metrics / ((a + b) / 2));
    ratios.noise.push(a / b);
  }
  await stopScraping();
  for (const service of services.values()) await service.stop();
  const cost = 1 - mean(ratios.metrics);
  const interval = 2 * standardError(ratios.metrics);
  const spread = percentile(ratios.noise, 0.9) - percentile(ratios.noise, 0.1);
  const why = `± ${percent(interval)} (two standard errors of ${rounds} rounds); A ÷ A spreads over ${percent(spread)}`;
  const row = {
    id: 'P19.cost',
    what: 'throughput that metrics cost, read every 5 s',
    got: cost,
    want: `≤ ${GOAL}`,
    unit: 'share',
  };
  // An interval that has the goal in it decides nothing.
  const ok = cost + interval <= GOAL ? true : cost - interval > GOAL ? false : null;
  yield { ...row, ok, why };
  yield figure('P19.noise', 'mean of A ÷ A', mean(ratios.noise), '×');
}

async function startService(bench: ServingBench, variant: Variant): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({
    name: 'inference',
    listen: '127.0.0.1:0',
    environment: {
      RESMASK_REGISTRY: bench.platform.address('registry'),
      RESMASK_CACHE: join(bench.folder, 'cache'),
      RESMASK_WORKERS: String(WORKERS),
      // Theirs is not the event loop the suite looks at.
      RESMASK_BENCH_EVENT_LOOP: '',
      RESMASK_METRICS_LISTEN: variant === 'metrics' ? '127.0.0.1:0' : 'off',
    },
    logFile: logOf(bench, variant),
    onRestart: (reason) => {
      throw new Error(`a service died in the benchmark: ${reason}`);
    },
  });
  while ((await checkHealth(service.address)) !== 'SERVING') await delay(100);
  return service;
}

function metricsUrl(bench: ServingBench): string {
  const port = /"metricsPort":(\d+)/.exec(readFileSync(logOf(bench, 'metrics'), 'utf8'))?.[1];
  return `http://127.0.0.1:${port}/metrics`;
}

function logOf(bench: ServingBench, variant: Variant): string {
  return join(bench.folder, 'logs', `inference-${variant}.log`);
}

function scrape(url: string): () => Promise<void> {
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) {
      await (await fetch(url)).text();
      await delay(SCRAPE_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return async () => {
    stop.abort();
    await running;
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
