import { setTimeout as delay } from 'node:timers/promises';
import { atMost, type Row, unmeasured } from '../row.ts';
import { FrameLoad } from './frame-load.ts';
import type { ServingBench } from './serving-bench.ts';
import { saturate } from './throughput-rows.ts';

const MODEL = 'resmasking-compact';
const STREAMS = 8;
/** Before that, memory is still finding its level. */
const WARM_SHARE = 0.2;

/** Streams at 80 % load, one of which ends and another begins every second. */
export async function* soakRows(bench: ServingBench, minutes: number, whole: boolean): AsyncGenerator<Row> {
  const { rate } = await saturate(bench.address, { model: MODEL }, 3000);
  const fps = (rate * 0.8) / STREAMS;
  const handles = bench.handles();
  const memory: [number, number][] = [];
  const end = performance.now() + minutes * 60_000;
  const lanes = Array.from({ length: STREAMS }, (_, lane) => connectAgainAndAgain(bench.address, fps, end, lane));
  while (performance.now() < end) {
    await delay(1000);
    memory.push([performance.now() / 60_000, bench.memory() / 2 ** 20]);
  }
  await Promise.all(lanes);
  await delay(2000);
  const slope = slopeOf(memory.slice(Math.floor(memory.length * WARM_SHARE)));
  const what = `memory of the service over ${minutes} min at 80 % load, streams coming and going every second`;
  if (whole) yield atMost('P13.slope', what, slope, 1, 'MiB/min');
  else
    yield {
      ...unmeasured('P13.slope', what, '≤ 1', 'MiB/min', 'shortened; the whole suite takes 30 min for it'),
      got: slope,
    };
  yield atMost('P13.handles', 'file descriptor table after ÷ before', bench.handles() / handles, 1, '×');
}

async function connectAgainAndAgain(address: string, fps: number, end: number, lane: number): Promise<void> {
  await delay(lane * 1000);
  while (performance.now() < end) {
    const load = new FrameLoad(address, { model: MODEL, maxInFlight: 8 });
    await load.openLoop(fps, performance.now(), Math.min(STREAMS * 1000, Math.max(0, end - performance.now())));
    await load.end();
  }
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const above = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return above / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}
