import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ARCHITECTURES,
  buildGraph,
  findArchitecture,
  type NetworkOptions,
  networkOptions,
} from '@resmask/architectures';
import { foldBatchNorm } from '@resmask/onnx';
import type { SessionTensor } from '@resmask/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNetwork } from '../../apps/cli/dist/networks/build-network.js';
import { pythonWith } from '../support/python-with.js';
import { noiseImage, ruleWeights, waveImage } from '../support/rule-weights.js';
import { feed, runModel } from '../support/run-model.js';

/** What test/golden/networks/networks.py says of one network. */
interface Case {
  readonly case: string;
  readonly network: string;
  readonly options: Partial<NetworkOptions>;
  readonly logits: readonly (readonly number[])[];
  readonly trace: Readonly<Record<string, Figures>>;
}
interface Figures {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  readonly first: readonly number[];
}

const FOLDER = join(import.meta.dirname, 'networks');
/** Of a value's own size, or of 1 below it: float32 sums in another order. */
const TOLERANCE = 1e-4;

const kept: readonly Case[] = JSON.parse(readFileSync(join(FOLDER, 'kept.json'), 'utf8'));

describe('networks from TypeScript answer as PyTorch does', () => {
  it.each(kept)('$case, by the vectors kept here', expectSameAnswers);

  const python = pythonWith('torch, torchvision');
  it.skipIf(!python).each(['resnet50', 'resmasking', 'resmasking_dropout2', 'resmasking_dropout1 sigmoid'])(
    '%s, by the PyTorch of this machine',
    async (name) => {
      const output = execFileSync(python ?? '', [join(FOLDER, 'networks.py'), name], { maxBuffer: 2 ** 24 });
      const [answer] = JSON.parse(output.toString()) as Case[];
      await expectSameAnswers(answer);
    },
  );
});

describe('ONNX files of every network', () => {
  const python = pythonWith('onnx');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-networks-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.skipIf(!python)('are accepted by the checker of the Python package, folded and not', async () => {
    const files: string[] = [];
    for (const architecture of ARCHITECTURES) {
      for (const fold of [true, false]) {
        const file = join(folder, `${architecture.name}.${fold}.onnx`);
        const format = { fold, half: !fold };
        await buildNetwork({ architecture, options: { width: 1 / 8 }, format, file }, ruleWeights());
        files.push(file);
      }
    }
    const check = 'import onnx, sys\nfor file in sys.argv[1:]: onnx.checker.check_model(file, full_check=True)';
    execFileSync(python ?? '', ['-c', check, ...files]);
    expect(files).toHaveLength(2 * ARCHITECTURES.length);
  });
});

async function expectSameAnswers({ network, options: given, logits, trace }: Case): Promise<void> {
  const architecture = findArchitecture(network);
  const options = networkOptions(architecture, given);
  const { size, channels } = options;
  const traced = Object.keys(trace);
  const outputs = traced.length > 0 ? (['masks', 'stages', 'features'] as const) : [];
  const model = buildGraph(architecture, ruleWeights(), { ...options, outputs }).build();
  const image = new Float32Array([...noiseImage(channels, size), ...waveImage(channels, size)]);
  const feeds = { input: feed([2, channels, size, size], image) };
  for (const graph of [model, foldBatchNorm(model)]) {
    const [answer, ...inner] = await runModel(graph, feeds, ['logits', ...traced]);
    expectClose([...answer.data], logits.flat(), 'logits');
    for (const [i, name] of traced.entries()) expectFigures(inner[i], trace[name], name);
  }
}

function expectFigures({ dims, data }: SessionTensor, wanted: Figures, name: string): void {
  expect(dims.slice(1), name).toEqual(wanted.shape);
  const values = Float64Array.from(data.subarray(0, data.length / 2));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const got = [mean, Math.sqrt(variance), ...values.subarray(0, 5)];
  expectClose(got, [wanted.mean, wanted.deviation, ...wanted.first], name);
}

function expectClose(got: readonly number[], wanted: readonly number[], name: string): void {
  expect(got, name).toHaveLength(wanted.length);
  const size = Math.max(1, ...wanted.map(Math.abs));
  const largest = Math.max(...got.map((value, i) => Math.abs(value - wanted[i]))) / size;
  expect(largest, name).toBeLessThanOrEqual(TOLERANCE);
}
