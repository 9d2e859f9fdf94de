import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Row } from '../row.ts';
import { FrameLoad } from './frame-load.ts';
import type { ServingBench } from './serving-bench.ts';

const STREAMS = 64;
const UNAVAILABLE = 14;

/** The inference service is told to stop while many streams run; what supervises it starts another. */
export async function* stopRows(bench: ServingBench): AsyncGenerator<Row> {
  const loads = Array.from({ length: STREAMS }, () => new FrameLoad(bench.address, { maxInFlight: 4 }));
  await Promise.all(loads.map(({ accepted }) => accepted));
  const statuses = loads.map(({ status }) => status);
  const stop = new AbortController();
  const sending = loads.map((load) => keepSending(load, stop.signal));
  await delay(1000);
  const start = performance.now();
  const old = bench.pid;
  process.kill(old, 'SIGTERM');
  const ended = await Promise.all(statuses);
  stop.abort();
  await Promise.all(sending);
  while (isAlive(old)) await delay(20);
  const exited = performance.now() - start;
  const lost = loads.reduce((sum, load) => sum + load.lostBeforeDraining, 0);
  const retryable = ended.filter(({ code }) => code === UNAVAILABLE).length;
  yield atMost('P18.lost', `frames read and not answered when ${STREAMS} streams were told to stop`, lost, 0, 'frames');
  yield atMost(
    'P18.hard',
    'streams that ended otherwise than with a status to come back on',
    STREAMS - retryable,
    0,
    'streams',
  );
  yield atMost('P18.exit', 'from SIGTERM to the end of the process', exited / 1000, 10, 's');
}

async function keepSending(load: FrameLoad, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (load.unanswered < 4) load.send();
    await delay(5);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
