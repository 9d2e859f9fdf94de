import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { cpuLimit, SessionThread } from '@resmask/runtime';
import { buildNetwork } from '../../apps/cli/dist/networks/build-network.js';
import { quantizeNetwork } from '../../apps/cli/dist/networks/quantize-network.js';
import { PLAIN_FORMAT } from '../../apps/cli/dist/networks/write-model.js';
import { noisePng } from '../support/pictures.ts';
import { atLeast, figure, percentile, type Row } from './row.ts';

/** Times faster than float32 that the paper's network has to be in 8 bits, where the CPU multiplies bytes (VNNI). */
const GOAL = 2.5;
const NETWORKS = ['resmasking-compact', 'resmasking_dropout1'] as const;
/** Time does not depend on the ranges, so a few pictures of noise do. */
const PICTURES = 2;

/** 8-bit networks against their own float32 form, run in turns, one image at a time. */
export async function* int8Rows(quick: boolean): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'resmask-int8-'));
  try {
    for (let i = 0; i < PICTURES; i += 1) await writeFile(join(folder, `${i}.png`), await noisePng(48, 48, i));
    for (const network of NETWORKS) {
      const files = await bothForms(network, folder);
      for (const threads of new Set([1, cpuLimit()])) yield* compare(network, files, threads, quick ? 2 : 10);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bothForms(network: string, folder: string): Promise<[string, string]> {
  const [file, output] = [join(folder, `${network}.onnx`), join(folder, `${network}.int8.onnx`)];
  const architecture = findArchitecture(network);
  const { spec } = await buildNetwork({ architecture, options: {}, format: PLAIN_FORMAT, file }, seededWeights(1));
  const sample = { count: PICTURES, seed: 1 };
  await quantizeNetwork({ file, spec, output, dataset: folder, sample, method: 'min-max' });
  return [file, output];
}

async function* compare(
  network: string,
  files: [string, string],
  threads: number,
  seconds: number,
): AsyncGenerator<Row> {
  const { input } = defaultSpec(findArchitecture(network));
  const dims = [1, input.planes, input.height, input.width];
  const data = new Float32Array(input.planes * input.height * input.width).fill(0.5);
  const sessions = await Promise.all(files.map((file) => SessionThread.open(file, { provider: 'cpu', threads })));
  const times: [number[], number[]] = [[], []];
  for (const end = performance.now() + seconds * 1000; performance.now() < end || times[0].length < 5; ) {
    for (const [i, session] of sessions.entries()) {
      times[i].push((await session.run({ [input.tensor]: { type: 'float32', dims, data } }, ['logits'])).milliseconds);
    }
  }
  await Promise.all(sessions.map((session) => session.close()));
  const [float, int8] = times.map((taken) => percentile(taken, 0.5));
  const what = `${network} in 8 bits, batch 1, ${threads} threads`;
  const id = `${network}.int8.t${threads}`;
  yield figure(`${id}.time`, what, int8, 'ms/image');
  yield gain(network, `${id}.gain`, `${what}: float32 takes ${float.toFixed(2)} ms`, float / int8);
}

function gain(network: string, id: string, what: string, got: number): Row {
  if (network !== 'resmasking_dropout1') return figure(id, what, got, '×');
  if (hasVnni()) return atLeast(id, what, got, GOAL, '×');
  return { ...figure(id, what, got, '×'), why: 'this CPU has no VNNI' };
}

function hasVnni(): boolean {
  try {
    return /\bavx(512)?_vnni\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}
