import type { RegistryServiceClient } from '@resmask/contracts/registry.v1';
import { answered, connect } from './connect.ts';
import { type Act, closedLoop, oneByOne, openLoop } from './load.ts';
import { type RegistryBenchPlatform, startRegistryBench } from './registry-bench-platform.ts';
import { NAMESPACE, type SeedSize } from './registry-seed.ts';
import { transferRows } from './registry-transfer-rows.ts';
import { writingRows } from './registry-writing-rows.ts';
import { atLeast, atMost, figure, percentile, type Row } from './row.ts';

const CONNECTIONS = 50;
const RATE = 500;
const PAGE = 100;
const PAGES_A_TURN = 40;

/** The registry against bare grpc-js and pg on the same database, taking turns. The client shares the CPUs with both. */
export async function* registrySuite(quick: boolean): AsyncGenerator<Row> {
  const size: SeedSize = { models: quick ? 100 : 1000, versionsOfEach: 100 };
  const platform = await startRegistryBench(size);
  try {
    yield figure(
      'seeded.versions',
      `by SQL, over ${size.models} models`,
      size.models * size.versionsOfEach,
      'versions',
    );
    yield* readingRows(platform, size, quick);
    yield* writingRows(platform.served, quick);
    yield* transferRows(platform.served, platform.pid, quick);
  } finally {
    await platform.stop();
  }
}

/** Only its part about large files, on an empty registry. */
export async function* transfersSuite(quick: boolean): AsyncGenerator<Row> {
  const platform = await startRegistryBench({ models: 1, versionsOfEach: 1 });
  try {
    yield* transferRows(platform.served, platform.pid, quick);
  } finally {
    await platform.stop();
  }
}

async function* readingRows(platform: RegistryBenchPlatform, size: SeedSize, quick: boolean): AsyncGenerator<Row> {
  const served = connect(platform.served, CONNECTIONS);
  const bare = connect(platform.bare, CONNECTIONS);
  const sides = { bare: gets(bare, size), served: gets(served, size) };
  // What is compiled and cached once is not measured.
  for (const act of Object.values(sides)) await closedLoop(act, 1000, CONNECTIONS);
  yield* openLoopRows(sides, quick ? 6 : 16, quick ? 1000 : 2000);
  yield* closedLoopRows(sides, quick ? 3 : 5, quick ? 1000 : 3000);
  yield* listRows({ bare: lists(bare, size), served: lists(served, size) }, quick ? 5 : 10);
  for (const stub of [...served, ...bare]) stub.close();
}

interface Sides {
  readonly bare: Act;
  readonly served: Act;
}

async function* openLoopRows(sides: Sides, turns: number, forMs: number): AsyncGenerator<Row> {
  const bare: number[][] = [];
  const served: number[][] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    bare.push(await openLoop(sides.bare, RATE, forMs, CONNECTIONS));
    served.push(await openLoop(sides.served, RATE, forMs, CONNECTIONS));
  }
  const what = `GetModelVersion at ${RATE}/s over ${CONNECTIONS} connections, median of ${turns} turns`;
  const p99 = { bare: typical(bare, 0.99), served: typical(served, 0.99) };
  yield figure('get.bare.p50', `${what}, grpc-js and pg alone`, typical(bare, 0.5), 'ms');
  yield figure('get.served.p50', what, typical(served, 0.5), 'ms');
  yield figure('get.bare.p99', `${what}, grpc-js and pg alone`, p99.bare, 'ms');
  yield figure('get.served.p99', what, p99.served, 'ms');
  yield atMost('get.ratio.p99', 'served ÷ bare', p99.served / p99.bare, 2, '×');
  const noise = typical(bare.slice(0, turns / 2), 0.99) / typical(bare.slice(turns / 2), 0.99);
  yield figure('get.noise', 'bare ÷ bare between the two halves of the run', noise, '×');
}

/** The middle one of the turns' percentiles: what else the machine does in one turn does not decide. */
function typical(turns: readonly number[][], share: number): number {
  return percentile(
    turns.map((times) => percentile(times, share)),
    0.5,
  );
}

async function* closedLoopRows(sides: Sides, turns: number, forMs: number): AsyncGenerator<Row> {
  const rates = { bare: [] as number[], served: [] as number[] };
  for (let turn = 0; turn < turns; turn += 1) {
    rates.bare.push(await closedLoop(sides.bare, forMs, CONNECTIONS));
    rates.served.push(await closedLoop(sides.served, forMs, CONNECTIONS));
  }
  const what = `GetModelVersion, ${CONNECTIONS} connections as fast as they can`;
  const bare = percentile(rates.bare, 0.5);
  const served = percentile(rates.served, 0.5);
  yield figure('get.bare.rate', `${what}, grpc-js and pg alone`, bare, 'calls/s');
  yield figure('get.served.rate', what, served, 'calls/s');
  yield atLeast('get.rate.ratio', 'served ÷ bare', served / bare, 0.5, '×');
}

async function* listRows(sides: Sides, turns: number): AsyncGenerator<Row> {
  const bare: number[][] = [];
  const served: number[][] = [];
  for (const act of Object.values(sides)) await oneByOne(act, 10);
  for (let turn = 0; turn < turns; turn += 1) {
    bare.push(await oneByOne(sides.bare, PAGES_A_TURN));
    served.push(await oneByOne(sides.served, PAGES_A_TURN));
  }
  const what = `ListModelVersions, a page of ${PAGE}, one at a time, median of ${turns} turns`;
  const p95 = { bare: typical(bare, 0.95), served: typical(served, 0.95) };
  yield figure('list.bare.p95', `${what}, grpc-js and pg alone`, p95.bare, 'ms');
  yield atMost('list.served.p95', what, p95.served, 30, 'ms');
  yield figure('list.ratio.p95', 'served ÷ bare', p95.served / p95.bare, '×');
}

/** Reads another version each time, all over the table. */
function gets(stubs: readonly RegistryServiceClient[], { models, versionsOfEach }: SeedSize): Act {
  return (connection, round) => {
    const model = 1 + ((round * 7919) % models);
    const version = 1 + ((round * 31) % versionsOfEach);
    const name = `namespaces/${NAMESPACE}/models/model-${model}/versions/${version}`;
    return answered((settle) => stubs[connection].getModelVersion({ name }, settle));
  };
}

function lists(stubs: readonly RegistryServiceClient[], { models }: SeedSize): Act {
  return (connection, round) => {
    const parent = `namespaces/${NAMESPACE}/models/model-${1 + ((round * 7919) % models)}`;
    const request = { parent, pageSize: PAGE, pageToken: '', showDeleted: false, filter: '', orderBy: '' };
    return answered((settle) => stubs[connection].listModelVersions(request, settle));
  };
}
