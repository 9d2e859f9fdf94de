import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findArchitecture } from '@resmask/architectures';
import { decodeModel, graphSignature } from '@resmask/onnx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resmask } from '../support/command-line.js';
import { pythonWith } from '../support/python-with.js';
import { noiseImage, waveImage } from '../support/rule-weights.js';
import { feed, runModel } from '../support/run-model.js';
import { stateDictFile } from '../support/state-dict-file.js';

const NETWORKS = join(import.meta.dirname, '../golden/networks');
const NARROW = { size: 64, width: 1 / 8 };
const IMAGES = feed([2, 3, 64, 64], new Float32Array([...noiseImage(3, 64), ...waveImage(3, 64)]));
const { logits: LOGITS } = JSON.parse(readFileSync(join(NETWORKS, 'kept.json'), 'utf8')).find(
  ({ network }: { network: string }) => network === 'resmasking_dropout1',
) as { logits: number[][] };

describe('resmask checkpoints convert', () => {
  let folder: string;
  let checkpoint: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-convert-'));
    checkpoint = join(folder, 'narrow.safetensors');
    await writeFile(checkpoint, stateDictFile(findArchitecture('resmasking_dropout1'), NARROW));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const convert = (file: string, ...args: string[]) =>
    resmask(['checkpoints', 'convert', file, '--size', '64', '--json', ...args]);

  const messageOf = (stderr: string): string => JSON.parse(stderr).error.message;

  async function expectLogits(model: string, tolerance = 1e-5): Promise<void> {
    const [{ data }] = await runModel(model, { input: IMAGES }, ['logits']);
    const largest = Math.max(...LOGITS.flat().map((value, i) => Math.abs(value - data[i])));
    expect(largest).toBeLessThanOrEqual(tolerance);
  }

  it('finds out the network and its width, and answers as PyTorch does', async () => {
    const model = join(folder, 'found.onnx');
    const { code, stdout, stderr } = await convert(checkpoint, '-o', model);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ network: 'resmasking_dropout1', file: model, ignored: [] });
    await expectLogits(model);
    const spec = parse(await readFile(join(folder, 'found.spec.yaml'), 'utf8'));
    expect(spec.input).toMatchObject({ source: 'gray', planes: 3, height: 64, scale: 1 / 255 });
    expect(spec.output.labels).toHaveLength(7);
  });

  it('writes batch normalisations, float16, weights beside the model, and inner values, as asked', async () => {
    const model = join(folder, 'asked.onnx');
    const asked = ['--no-fold', '--half', '--external-above', '1000', '--outputs', 'features,masks,stages'];
    const { code, stderr, stdout } = await convert(checkpoint, '-o', model, ...asked);
    expect(code, stderr).toBe(0);
    const written = JSON.parse(stdout);
    expect(written.dataFile).toBe(`${model}.data`);
    expect(written.sizeBytes + written.dataBytes).toBeLessThan(0.6 * (await readFile(checkpoint)).length);
    await expectLogits(model, 5e-3);
    const graph = decodeModel(await readFile(model));
    expect(graph.graph?.node.some(({ opType }) => opType === 'BatchNormalization')).toBe(true);
    const outputs = Object.fromEntries(graphSignature(graph).outputs.map(({ name, shape }) => [name, shape.slice(1)]));
    expect(outputs).toMatchObject({
      features: [64, 2, 2],
      mask1: [8, 16, 16],
      stage1: [8, 16, 16],
      stage4_masked: [64, 2, 2],
    });
    expect(Object.keys(outputs)).toHaveLength(14);
  });

  it('refuses a checkpoint of another network with the keys that differ, and writes nothing', async () => {
    const model = join(folder, 'wrong.onnx');
    const { code, stderr } = await convert(checkpoint, '--network', 'resmasking', '--width', '0.125', '-o', model);
    expect(code).toBe(1);
    expect(messageOf(stderr)).toContain(
      'does not hold resmasking: 2 missing: fc.weight, fc.bias; 2 unexpected: fc.1.weight, fc.1.bias',
    );
    await expect(readFile(model)).rejects.toMatchObject({ code: 'ENOENT' });
    const shapes = await convert(checkpoint, '--network', 'resmasking_dropout1', '-o', model);
    expect(messageOf(shapes.stderr)).toMatch(/of another shape: conv1\.weight is 8×3×7×7, needed is 64×3×7×7/);
  });

  it('leaves out what the network has no use for only when told to', async () => {
    const model = join(folder, 'part.onnx');
    const narrow = ['--network', 'resnet34', '--width', '0.125', '-o', model];
    expect((await convert(checkpoint, ...narrow)).code).toBe(1);
    const { stderr } = await convert(checkpoint, ...narrow, '--no-strict');
    // The head of ResNet-34 has another name, so that is still missing.
    expect(messageOf(stderr)).toContain('does not hold resnet34: 2 missing: fc.weight, fc.bias;');
  });

  const python = pythonWith('torch, torchvision');
  it.skipIf(!python).each(['zip', 'legacy'])('reads what PyTorch itself has saved: %s', async (form) => {
    const file = join(folder, `trained.${form}`);
    execFileSync(python ?? '', [join(NETWORKS, 'networks.py'), 'save', 'resmasking_dropout1', file, form]);
    const model = join(folder, `${form}.onnx`);
    const { code, stderr } = await convert(file, '--network', 'resmasking_dropout1', '--width', '0.125', '-o', model);
    expect(code, stderr).toBe(0);
    await expectLogits(model);
    const { stdout } = await resmask(['checkpoints', 'inspect', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      wrapper: 'net',
      guess: { network: 'resmasking_dropout1', options: { width: 0.125 }, exact: true },
    });
  });
});
