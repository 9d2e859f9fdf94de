import { SessionThread } from '@resmask/runtime';

/** What the process that measures one model is asked, as its only argument. */
export interface BenchTask {
  readonly file: string;
  readonly input: string;
  readonly output: string;
  readonly dims: readonly number[];
  readonly threads: number;
  /** It runs at least this long, and at least `MIN_RUNS` times. */
  readonly seconds: number;
}

export interface BenchAnswer {
  /** Median of a run. */
  readonly milliseconds: number;
  readonly runs: number;
  /** What loading and running the model added to the resident memory of a process that does nothing else. */
  readonly residentBytes: number;
}

const MIN_RUNS = 3;

// A process of its own for each figure: memory that ONNX Runtime once took stays with its process.
const task: BenchTask = JSON.parse(process.argv[2]);
process.send?.(await measure(task));
process.exit(0);

async function measure({ file, input, output, dims, threads, seconds }: BenchTask): Promise<BenchAnswer> {
  const before = process.memoryUsage.rss();
  const thread = await SessionThread.open(file, { provider: 'cpu', threads });
  const data = new Float32Array(dims.reduce((product, size) => product * size, 1)).fill(0.5);
  const run = () => thread.run({ [input]: { type: 'float32', dims, data } }, [output]);
  await run();
  const times: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end || times.length < MIN_RUNS; )
    times.push((await run()).milliseconds);
  const residentBytes = process.memoryUsage.rss() - before;
  times.sort((a, b) => a - b);
  return { milliseconds: times[Math.floor(times.length / 2)], runs: times.length, residentBytes };
}
