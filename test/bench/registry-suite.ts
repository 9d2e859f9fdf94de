import type { RegistryServiceClient } from '@resmask/contracts/registry.v1alpha1';
import { answered, connect } from './connect.ts';
import { type Act, closedLoop, oneByOne, openLoop } from './load.ts';
import { type RegistryBenchPlatform, startRegistryBench } from './registry-bench-platform.ts';
import { NAMESPACE, type SeedSize } from './registry-seed.ts';
import { uploadRows } from './registry-upload-rows.ts';
import { writingRows } from './registry-writing-rows.ts';
import { atLeast, atMost, figure, percentile, type Row } from './row.ts';

const CONNECTIONS = 50;
const RATE = 500;
const PAGE = 100;
const PAGES_A_TURN = 20;

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
    yield* uploadRows(platform.served, platform.pid, quick);
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
  yield* openLoopRows(sides, quick ? 4 : 8, quick ? 1500 : 4000);
  yield* closedLoopRows(sides, quick ? 3 : 5, quick ? 1000 : 3000);
  yield* listRows({ bare: lists(bare, size), served: lists(served, size) }, quick ? 6 : 20);
  for (const stub of [...served, ...bare]) stub.close();
}

interface Sides {
  readonly bare: Act;
  readonly served: Act;
}

async function* openLoopRows(sides: Sides, turns: number, forMs: number): AsyncGenerator<Row> {
  const times = { bare: [] as number[], served: [] as number[] };
  const halves: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const bare = await openLoop(sides.bare, RATE, forMs, CONNECTIONS);
    halves.push(percentile(bare, 0.99));
    times.bare.push(...bare);
    times.served.push(...(await openLoop(sides.served, RATE, forMs, CONNECTIONS)));
  }
  const what = `GetModelVersion at ${RATE}/s over ${CONNECTIONS} connections`;
  const [p50, p99] = [0.5, 0.99].map((share) => ({
    bare: percentile(times.bare, share),
    served: percentile(times.served, share),
  }));
  yield figure('get.bare.p50', `${what}, grpc-js and pg alone`, p50.bare, 'ms');
  yield figure('get.served.p50', what, p50.served, 'ms');
  yield figure('get.bare.p99', `${what}, grpc-js and pg alone`, p99.bare, 'ms');
  yield figure('get.served.p99', what, p99.served, 'ms');
  yield atMost('get.ratio.p99', 'served ÷ bare', p99.served / p99.bare, 2, '×');
  yield figure('get.noise', 'largest ÷ smallest p99 of the bare turns', Math.max(...halves) / Math.min(...halves), '×');
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
  const times = { bare: [] as number[], served: [] as number[] };
  for (const act of Object.values(sides)) await oneByOne(act, 10);
  for (let turn = 0; turn < turns; turn += 1) {
    times.bare.push(...(await oneByOne(sides.bare, PAGES_A_TURN)));
    times.served.push(...(await oneByOne(sides.served, PAGES_A_TURN)));
  }
  const what = `ListModelVersions, a page of ${PAGE}, one at a time`;
  yield figure('list.bare.p95', `${what}, grpc-js and pg alone`, percentile(times.bare, 0.95), 'ms');
  yield atMost('list.served.p95', what, percentile(times.served, 0.95), 30, 'ms');
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
