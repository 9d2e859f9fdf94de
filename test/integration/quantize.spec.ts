import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSpec, findArchitecture } from '@resmask/architectures';
import { calibrate, type ImageInput } from '@resmask/engine';
import {
  countParameters,
  decodeModel,
  GraphBuilder,
  modelMetadata,
  quantizableModel,
  quantizeModel,
  type Value,
} from '@resmask/onnx';
import { argmax, softmax, tensor } from '@resmask/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node } from '../../libs/onnx/src/proto-parts.js';
import { withShuffledConvolutions } from '../../libs/onnx/src/shuffled-convolution.js';
import { resmask } from '../support/command-line.js';
import { csvPixels, syntheticCsv } from '../support/fer2013-csv.js';
import { handMadeModel, numbers, randomTensor } from '../support/hand-made-model.js';
import { optimizedOperators } from '../support/optimized-operators.js';
import { noisePng } from '../support/pictures.js';
import { feed, relativeDifference, runModel } from '../support/run-model.js';

describe('withShuffledConvolutions', () => {
  it.each([
    ['with a bias and a rectifier behind', 2, true, 'Relu'],
    ['without a bias, read twice', 3, false, 'Abs'],
  ] as const)('writes a transposed convolution %s without changing a number', async (_what, block, hasBias, op) => {
    const model = handMadeModel({
      nodes: [
        node('ConvTranspose', 'up', ['x', 'w', ...(hasBias ? ['b'] : [])], ['up'], { strides: [block, block] }),
        node(op, 'act', ['up'], ['act']),
        ...(hasBias ? [] : [node('Add', 'sum', ['act', 'up'], ['sum'])]),
      ],
      initializers: [randomTensor('w', [5, 4, block, block], 1), ...(hasBias ? [randomTensor('b', [4], 2)] : [])],
      inputs: { x: ['n', 5, 3, 4] },
      outputs: { [hasBias ? 'act' : 'sum']: ['n', 4, 3 * block, 4 * block] },
    });
    const shuffled = withShuffledConvolutions(model);
    expect(shuffled.graph?.node.map(({ opType }) => opType).slice(0, 2)).toEqual([
      'Conv',
      hasBias ? 'Relu' : 'DepthToSpace',
    ]);
    expect(shuffled.graph?.initializer.map(({ name }) => name)).not.toContain('w');
    const x = feed([2, 5, 3, 4], numbers(120, 3));
    const output = [hasBias ? 'act' : 'sum'];
    const [[expected], [got]] = [await runModel(model, { x }, output), await runModel(shuffled, { x }, output)];
    expect(got.dims).toEqual(expected.dims);
    expect(relativeDifference(expected, got)).toBeLessThan(1e-6);
  });

  it.each([
    ['a stride below the kernel', { strides: [1, 1] }],
    ['padding', { strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['another last row', { strides: [2, 2], output_padding: [1, 1] }],
  ])('leaves one with %s as it is', (_what, attributes) => {
    const model = handMadeModel({
      nodes: [node('ConvTranspose', 'up', ['x', 'w'], ['up'], attributes)],
      initializers: [randomTensor('w', [5, 4, 2, 2], 1)],
      inputs: { x: ['n', 5, 3, 4] },
      outputs: { up: ['n', 4, 'h', 'w'] },
    });
    expect(withShuffledConvolutions(model).graph?.node.map(({ opType }) => opType)).toEqual(['ConvTranspose']);
  });
});

const SIDE = 16;

/** One of everything a network here is made of. */
function everyLayer() {
  let seed = 1;
  const random = (...shape: number[]) => {
    seed += 1;
    const count = shape.reduce((product, size) => product * size, 1);
    const limit = Math.sqrt(3 / (count / shape[0]));
    return tensor(shape, numbers(count, seed, -limit, limit));
  };
  const graph = new GraphBuilder('every-layer');
  const conv = (name: string, x: Value, out: number, groups = 1) =>
    graph.conv(name, x, random(out, Number(x.shape[1]) / groups, 3, 3), random(out), { padding: 1, groups });
  const x = graph.relu('stem.relu', conv('stem', graph.input('input', ['batch', 3, SIDE, SIDE]), 8));
  const sum = graph.relu('sum.relu', graph.add('sum', conv('grouped', x, 8, 4), x));
  const pooled = graph.maxPool('pool', sum, { kernel: 2, stride: 2 });
  const up = graph.relu('up.relu', graph.convTranspose('up', conv('deep', pooled, 16), random(16, 8, 2, 2), random(8)));
  const joined = conv('fuse', graph.concat('cat', [up, sum]), 8);
  const mask = graph.softmax('mask', graph.leakyRelu('leaky', joined, 0.1));
  const gate = graph.sigmoid('gate', conv('gate.conv', sum, 8));
  const refined = graph.add('refined', graph.multiply('masked', sum, mask), graph.multiply('gated', sum, gate));
  const mean = graph.globalAveragePool('mean', graph.averagePool('average', refined, { kernel: 2, stride: 2 }));
  graph.output('logits', graph.linear('fc', mean, random(7, 8), random(7)));
  return graph.build();
}

describe('a quantised graph', () => {
  it('runs in integer kernels throughout, close to float32', async () => {
    const { input } = defaultSpec(findArchitecture('resnet18'));
    const noise = (seed: number) => Uint8Array.from(numbers(SIDE * SIDE * 3, seed, 0, 256), Math.floor);
    async function* images(): AsyncGenerator<ImageInput> {
      for (let i = 0; i < 20; i += 1)
        yield { kind: 'raw', format: 'rgb24', width: SIDE, height: SIDE, bytes: noise(i) };
    }
    const quantizable = quantizableModel(everyLayer());
    const seen: number[] = [];
    const options = {
      method: 'percentile',
      threads: 1,
      limits: { maxPixels: 1e6, minSide: 1 },
      onProgress: (done: number) => seen.push(done),
    } as const;
    const spec = { ...input, source: 'rgb', planes: 3, height: SIDE, width: SIDE } as const;
    const calibration = await calibrate(quantizable, spec, images(), options);
    expect(seen).toEqual([16, 20]);
    expect(calibration.ranges.get('input')).toEqual({ min: 0, max: 1 });
    const quantized = quantizeModel(quantizable, calibration);
    const x = feed([4, 3, SIDE, SIDE], numbers(4 * 3 * SIDE * SIDE, 99, 0, 1));
    const [exact] = await runModel(everyLayer(), { input: x }, ['logits']);
    const [rounded] = await runModel(quantized, { input: x }, ['logits']);
    expect(relativeDifference(exact, rounded)).toBeLessThan(0.03);
    const operators = await optimizedOperators(quantized);
    const float = [
      'Conv',
      'ConvTranspose',
      'Add',
      'Mul',
      'Concat',
      'Relu',
      'LeakyRelu',
      'Sigmoid',
      'Gemm',
      'AveragePool',
    ];
    expect(operators.filter((op) => float.includes(op))).toEqual([]);
    expect(operators).toEqual(
      expect.arrayContaining(['QLinearConv', 'QLinearAdd', 'QLinearMul', 'QGemm', 'DepthToSpace']),
    );
    // Only the image becomes bytes, and nothing but the logits comes back.
    expect(operators).not.toContain('DequantizeLinear');
  });
});

describe('resmask networks quantize', () => {
  const MODEL = 'build/models/resmasking-compact.onnx';
  const csv = syntheticCsv(30);
  let folder: string;
  let file: string;
  let dataset: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-quantize-'));
    file = join(folder, 'int8', 'compact.onnx');
    dataset = join(folder, 'fer2013.csv');
    await writeFile(dataset, csv);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const quantize = (model: string, from: string, to: string, ...more: string[]) =>
    resmask(['networks', 'quantize', model, '--calibrate', from, '-o', to, ...more]);

  it('writes a quarter of the file and its specification, and says what it took', async () => {
    const { code, stdout, stderr } = await quantize(MODEL, dataset, file, '--samples', '20', '--json');
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ file, spec: join(folder, 'int8', 'compact.spec.yaml'), calibrationImages: 20 });
    expect(told.calibratedTensors).toBeGreaterThan(50);
    expect(told.sizeBytes / told.floatSizeBytes).toBeLessThan(0.3);
    expect(await readFile(told.spec, 'utf8')).toBe(await readFile(MODEL.replace('.onnx', '.spec.yaml'), 'utf8'));
    expect(stderr).toContain('20/20 images');
    const quantized = decodeModel(await readFile(file));
    expect(countParameters(quantized)).toBe(2_546_895);
    expect(modelMetadata(quantized).properties['resmask.quantization']).toContain('percentile of 20 images');
  });

  it('agrees with the float32 network on what it sees', async () => {
    const faces = csvPixels(csv, 'PrivateTest').slice(0, 8);
    const images = feed(
      [8, 1, 48, 48],
      Float32Array.from(faces.flatMap((bytes) => Array.from(bytes, (byte) => byte / 255))),
    );
    const [exact] = await runModel(MODEL, { input: images }, ['logits']);
    const [rounded] = await runModel(file, { input: images }, ['logits']);
    expect(relativeDifference(exact, rounded)).toBeGreaterThan(0);
    for (let i = 0; i < 8; i += 1) {
      const [a, b] = [exact, rounded].map(({ data }) => softmax(data.slice(i * 7, i * 7 + 7)));
      for (const [label, probability] of a.entries()) expect(Math.abs(probability - b[label])).toBeLessThan(0.1);
      if (a[argmax(a)] > 0.6) expect(argmax(b)).toBe(argmax(a));
    }
  });

  it('takes a folder of pictures, the same ones for a seed', async () => {
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    for (let i = 0; i < 4; i += 1) await writeFile(join(pictures, `${i}.png`), await noisePng(60, 50));
    const files = ['a.onnx', 'b.onnx'].map((name) => join(folder, name));
    for (const to of files) {
      const { code, stdout } = await quantize(
        MODEL,
        pictures,
        to,
        '--samples',
        '3',
        '--seed',
        '5',
        '--range',
        'mse',
        '--json',
      );
      expect([code, JSON.parse(stdout).calibrationImages]).toEqual([0, 3]);
    }
    const [a, b] = await Promise.all(files.map((name) => readFile(name)));
    expect(a.equals(b)).toBe(true);
  });

  it('tells what is wrong: the model, the data set, the specification', async () => {
    const to = join(folder, 'never.onnx');
    const broken = join(folder, 'broken.csv');
    await writeFile(broken, 'emotion,pixels,Usage\n3,1 2 3,Training\n');
    const empty = join(folder, 'empty.csv');
    await writeFile(empty, 'emotion,pixels,Usage\n');
    const lonely = join(folder, 'lonely.onnx');
    await writeFile(lonely, await readFile(MODEL));
    const told = async (model: string, from: string) => (await quantize(model, from, to)).stderr;
    expect(await told(file, dataset)).toContain('(GRAPH_SPEC_MISMATCH): the model is quantised already');
    expect(await told(MODEL, broken)).toContain('(DATASET_ROWS_INVALID)');
    expect(await told(MODEL, broken)).toContain('line 2: has 3 pixels, needed are 2304');
    expect(await told(MODEL, empty)).toContain('no images to calibrate with');
    expect(await told(MODEL, join(folder, 'nowhere'))).toContain('(FILE_UNREADABLE)');
    expect(await told(lonely, dataset)).toContain('lonely.spec.yaml cannot be read');
    await expect(readFile(to)).rejects.toThrow('ENOENT');
  });
});
