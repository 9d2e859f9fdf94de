import { randomUUID } from 'node:crypto';
import { once as eventOnce } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { RegistryClient, Task } from '@resmask/client';
import type { RegistryServiceClient, WatchEventsResponse } from '@resmask/contracts/registry.v1';
import { newVersion, once } from '../support/publish.ts';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.ts';
import { connect } from './connect.ts';
import { closedLoop, oneByOne } from './load.ts';
import { atMost, figure, percentile, type Row } from './row.ts';

/** Lanes that write, each on a model of its own, so that none waits for another's model. */
const WRITERS = 8;
const WATCHERS = 100;
const CHANGES_PER_SECOND = 20;
const PARENT = 'namespaces/bench-writing';

export async function* writingRows(address: string, quick: boolean): AsyncGenerator<Row> {
  const registry = new RegistryClient(address);
  const models = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const { name } = await registry.createModel(PARENT, `m-${randomUUID()}`, Task.TASK_EXPRESSION);
      for (const seed of [1, 2]) await publish(registry, name, seed);
      return name;
    }),
  );
  const forMs = quick ? 2000 : 6000;
  const published = await closedLoop(
    (lane, round) => publish(registry, models[lane], 1 + (round % 50)),
    forMs,
    WRITERS,
  );
  yield figure('publish.rate', `versions of 300 bytes, ${WRITERS} at once, files synced`, published, 'versions/s');
  const promote = promotions(registry, models);
  const promoted = await closedLoop((lane) => promote(lane), forMs, WRITERS);
  yield figure(
    'set-alias.rate',
    `SetAlias, ${WRITERS} at once, each with its etag, history and event`,
    promoted,
    'calls/s',
  );
  const alone = await oneByOne(() => promote(0), quick ? 50 : 200);
  yield figure('set-alias.p50', 'SetAlias, one at a time', percentile(alone, 0.5), 'ms');
  yield* watchRows(address, promote, quick ? 3 : 10);
  registry.close();
}

async function publish(registry: RegistryClient, model: string, seed: number): Promise<void> {
  const bytes = tinyModel(seed);
  await registry.uploadModelVersion(model, newVersion(bytes, TINY_SPEC), once(bytes));
}

/** Points a lane's alias at one of two versions, in turn. @returns the request id of the call */
function promotions(registry: RegistryClient, models: readonly string[]): (lane: number) => Promise<string> {
  const etags = models.map(() => '');
  const turns = models.map(() => 0);
  return async (lane) => {
    turns[lane] += 1;
    const version = `${models[lane]}/versions/${1 + (turns[lane] % 2)}`;
    const requestId = randomUUID();
    const alias = await registry.setAlias(`${models[lane]}/aliases/production`, version, etags[lane], '', requestId);
    etags[lane] = alias.etag;
    return requestId;
  };
}

/** When each change arrived at whom, by its request id. */
type Arrivals = Map<string, number[]>;

/** How long a change takes from its answer to everybody who watches. */
async function* watchRows(
  address: string,
  promote: (lane: number) => Promise<string>,
  seconds: number,
): AsyncGenerator<Row> {
  const arrivals: Arrivals = new Map();
  const stubs = connect(address, WATCHERS);
  const watches = await Promise.all(stubs.map((stub) => watch(stub, arrivals)));
  const answers = new Map<string, number>();
  for (let change = 0; change < seconds * CHANGES_PER_SECOND; change += 1) {
    answers.set(await promote(change % WRITERS), performance.now());
    await delay(1000 / CHANGES_PER_SECOND);
  }
  const complete = (): boolean => [...answers.keys()].every((id) => arrivals.get(id)?.length === WATCHERS);
  for (let waited = 0; !complete() && waited < 50; waited += 1) await delay(100);
  for (const call of watches) call.cancel();
  for (const stub of stubs) stub.close();
  const delays = [...answers].flatMap(([id, at]) =>
    (arrivals.get(id) ?? []).map((arrival) => Math.max(0, arrival - at)),
  );
  const lost = answers.size * WATCHERS - delays.length;
  const what = `from the answer of a change to its arrival at ${WATCHERS} watchers, each with its connection, ${CHANGES_PER_SECOND} changes/s`;
  yield atMost('watch.p95', what, percentile(delays, 0.95), 100, 'ms');
  yield figure('watch.max', 'the longest', percentile(delays, 1), 'ms');
  yield atMost('watch.lost', 'events that did not arrive', lost, 0, 'events');
}

/** Follows new events. Resolves when the watch has begun. */
async function watch(
  stub: RegistryServiceClient,
  arrivals: Arrivals,
): Promise<ClientReadableStream<WatchEventsResponse>> {
  const call = stub.watchEvents({ parent: PARENT, after: -1, model: '' });
  call.on('error', () => {});
  call.on('data', ({ message }: WatchEventsResponse) => {
    if (message?.$case !== 'event') return;
    const { requestId } = message.value;
    arrivals.set(requestId, [...(arrivals.get(requestId) ?? []), performance.now()]);
  });
  // The first message is a heartbeat.
  await eventOnce(call, 'data');
  return call;
}
