import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Architecture, defaultSpec, seededWeights } from '@resmask/architectures';
import { DomainError } from '@resmask/errors';
import { encodeModel, GraphBuilder } from '@resmask/onnx';
import type { BenchAnswer, BenchTask } from './bench-process.js';
import { buildNetwork } from './build-network.js';
import { networkSize } from './network-size.js';
import { PLAIN_FORMAT } from './write-model.js';

export interface BenchOptions {
  readonly batches: readonly number[];
  readonly threads: number;
  /** For each figure, at least. */
  readonly seconds: number;
}

/** How fast ONNX Runtime alone runs a network here. */
export interface BenchRow {
  readonly network: string;
  readonly batch: number;
  readonly threads: number;
  readonly millisecondsPerImage: number;
  /** Two floating-point operations for each multiply-accumulate. */
  readonly gigaflops: number;
  /** Of what a matrix product reaches on this machine with as many threads. */
  readonly shareOfPeak: number;
  readonly residentBytes: number;
}

/** Side of the square matrices whose product tells what the machine can do. */
const MATRIX_SIDE = 1024;

/** Measures networks of untrained weights, one after the other, each in a process of its own. */
export async function* benchNetworks(
  architectures: readonly Architecture[],
  options: BenchOptions,
): AsyncGenerator<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), 'resmask-bench-'));
  try {
    const peak = await matrixGigaflops(folder, options);
    for (const architecture of architectures) yield* benchNetwork(architecture, peak, folder, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* benchNetwork(
  architecture: Architecture,
  peak: number,
  folder: string,
  { batches, threads, seconds }: BenchOptions,
): AsyncGenerator<BenchRow> {
  const file = join(folder, 'network.onnx');
  await buildNetwork({ architecture, options: {}, format: PLAIN_FORMAT, file }, seededWeights(1));
  const { macs } = networkSize(architecture);
  const { input, output } = defaultSpec(architecture);
  for (const batch of batches) {
    const answer = await measure({
      file,
      input: input.tensor,
      output: output.task === 'expression' ? output.tensor : output.tensors[0],
      dims: [batch, input.planes, input.height, input.width],
      threads,
      seconds,
    });
    const gigaflops = (2 * macs * batch) / answer.milliseconds / 1e6;
    yield {
      network: architecture.name,
      batch,
      threads,
      millisecondsPerImage: answer.milliseconds / batch,
      gigaflops,
      shareOfPeak: gigaflops / peak,
      residentBytes: answer.residentBytes,
    };
  }
}

async function matrixGigaflops(folder: string, { threads, seconds }: BenchOptions): Promise<number> {
  const file = join(folder, 'matrix.onnx');
  const graph = new GraphBuilder('matrix');
  const random = seededWeights(1);
  const weight = random.take('weight', [MATRIX_SIDE, MATRIX_SIDE]);
  const x = graph.input('a', ['rows', MATRIX_SIDE]);
  graph.output('product', graph.linear('b', x, weight, random.take('bias', [MATRIX_SIDE])));
  await writeFile(file, encodeModel(graph.build()));
  const dims = [MATRIX_SIDE, MATRIX_SIDE];
  const { milliseconds } = await measure({ file, input: 'a', output: 'product', dims, threads, seconds });
  return (2 * MATRIX_SIDE ** 3) / milliseconds / 1e6;
}

async function measure(task: BenchTask): Promise<BenchAnswer> {
  const child = fork(new URL('./bench-process.js', import.meta.url), [JSON.stringify(task)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new DomainError('WORKER_LOST', `the process that measures ${task.file} ended with code ${code}`);
  });
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer as BenchAnswer;
}
