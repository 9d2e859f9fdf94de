// Loaded into the inference service by NODE_OPTIONS=--import: writes how long its event loop was held up, in milliseconds.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const file = process.env.RESMASK_BENCH_EVENT_LOOP;

// The other services get the same environment, and have event loops of their own.
if (isMainThread && file && process.argv[1]?.includes('/apps/inference/')) {
  // The histogram's samples include the timer's own interval, which is taken off.
  const resolution = 1;
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  process.on('SIGUSR2', () => delays.reset());
  setInterval(() => {
    const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolution);
    const text = JSON.stringify({
      p50: ms(delays.percentile(50)),
      p99: ms(delays.percentile(99)),
      max: ms(delays.max),
    });
    // Whoever reads it finds it whole.
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
  }, 250).unref();
}
