import { atMost, figure, percentile, type Row, unmeasured } from '../row.ts';
import { bareLatency } from './bare-load.ts';
import type { BarePool } from './bare-models.ts';
import { FrameLoad, latencies, type Sample } from './frame-load.ts';

/** Rounds that the served and the bare network take in turn, and frames of each. */
export interface LatencyPlan {
  readonly rounds: number;
  readonly frames: number;
}

/** One frame at a time, of a small network and one that takes a while, each against the same network run bare in the same rounds. */
export async function* latencyRows(
  address: string,
  bare: BarePool,
  heavy: string,
  plan: LatencyPlan,
): AsyncGenerator<Row> {
  const small = await compare(address, bare, 'resmasking-compact', plan);
  yield figure('P1.bare.p50', 'the compact network alone', percentile(small.bare, 0.5), 'ms');
  for (const [share, name, limit] of [
    [0.5, 'p50', 0.6],
    [0.95, 'p95', 1.5],
    [0.99, 'p99', 3],
  ] as const) {
    const added = percentile(small.served, share) - percentile(small.bare, share);
    yield atMost(`P1.added.${name}`, 'compact: end to end − bare, one raw 37.6 kB frame at a time', added, limit, 'ms');
  }
  yield figure('P1.noise', 'bare ÷ bare, p50 of the odd rounds and the even ones', small.noise, '×');
  const large = await compare(address, bare, heavy, { rounds: plan.rounds, frames: Math.ceil(plan.frames / 5) });
  yield figure('P2.bare.p50', 'ResNet-18 on 112×112 alone', percentile(large.bare, 0.5), 'ms');
  yield atMost('P2.ratio.p50', 'ResNet-18: end to end ÷ bare', ratio(large, 0.5), 1.1, '×');
  yield atMost('P2.ratio.p99', 'ResNet-18: end to end ÷ bare', ratio(large, 0.99), 1.25, '×');
  yield atMost(
    'P3.overhead.p50',
    'server time that is neither inference nor waiting',
    overhead(small.samples),
    0.2,
    'ms',
  );
  yield atMost(
    'P7.wait.p50',
    'wait for a batch at one stream, ways between threads included',
    queue(small.samples),
    0.3,
    'ms',
  );
  yield unmeasured('P5', 'gain of batches on a GPU', '≥ 2.5', '×', 'no GPU here');
}

interface Comparison {
  readonly bare: readonly number[];
  readonly served: readonly number[];
  readonly samples: readonly Sample[];
  readonly noise: number;
}

async function compare(
  address: string,
  bare: BarePool,
  model: string,
  { rounds, frames }: LatencyPlan,
): Promise<Comparison> {
  const alone: number[][] = [[], []];
  const samples: Sample[] = [];
  const load = new FrameLoad(address, { model, maxInFlight: 1 });
  await load.accepted;
  for (let round = 0; round < rounds; round += 1) {
    const times = await bareLatency(bare, [model], frames + WARM);
    alone[round % 2].push(...times.slice(WARM));
    const before = load.samples.length;
    for (let i = 0; i < frames + WARM; i += 1) {
      load.send();
      await load.settledNext();
    }
    samples.push(...load.samples.slice(before + WARM));
  }
  await load.end();
  const noise = percentile(alone[0], 0.5) / percentile(alone[1], 0.5);
  return { bare: alone.flat(), served: latencies(samples), samples, noise };
}

/** The first few of each turn warm caches. */
const WARM = 5;

function ratio({ served, bare }: Comparison, share: number): number {
  return percentile(served, share) / percentile(bare, share);
}

function overhead(samples: readonly Sample[]): number {
  return percentile(
    samples.map(({ timings }) => (timings ? timings.receive + timings.decode + timings.detect + timings.send : 0)),
    0.5,
  );
}

function queue(samples: readonly Sample[]): number {
  return percentile(
    samples.map(({ timings }) => timings?.queue ?? 0),
    0.5,
  );
}
