import { setTimeout as delay } from 'node:timers/promises';

/** One call over the given connection; `round` counts calls. */
export type Act = (connection: number, round: number) => Promise<unknown>;

/** Starts calls at a fixed rate whatever became of those before. @returns milliseconds from when each was due to its answer */
export async function openLoop(act: Act, rate: number, forMs: number, connections: number): Promise<number[]> {
  const count = Math.round((rate * forMs) / 1000);
  const times: number[] = [];
  const calls: Promise<void>[] = [];
  const start = performance.now();
  while (calls.length < count) {
    // Late timers are caught up with, and what they cost is counted.
    for (; calls.length < count; ) {
      const due = start + (calls.length * 1000) / rate;
      if (due > performance.now()) break;
      const round = calls.length;
      calls.push(
        act(round % connections, round).then(() => {
          times.push(performance.now() - due);
        }),
      );
    }
    await delay(1);
  }
  await Promise.all(calls);
  return times;
}

/** Calls one after the other on every connection. @returns calls answered per second */
export async function closedLoop(act: Act, forMs: number, connections: number): Promise<number> {
  const start = performance.now();
  let answered = 0;
  const lane = async (connection: number): Promise<void> => {
    for (; performance.now() - start < forMs; answered += 1) await act(connection, answered);
  };
  await Promise.all(Array.from({ length: connections }, (_, connection) => lane(connection)));
  return (answered * 1000) / (performance.now() - start);
}

/** Calls one after the other on one connection. @returns milliseconds of each */
export async function oneByOne(act: Act, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const start = performance.now();
    await act(0, round);
    times.push(performance.now() - start);
  }
  return times;
}
