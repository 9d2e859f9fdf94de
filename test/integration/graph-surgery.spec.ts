import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, findArchitecture } from '@resmask/architectures';
import {
  decodeModel,
  encodeModel,
  encodeModelFiles,
  externalDataFiles,
  foldBatchNorm,
  type InputStage,
  type ModelProto,
  PIXELS_INPUT,
  withHalfWeights,
  withInputStage,
  withInternalData,
  withOutput,
  withSoftmax,
} from '@resmask/onnx';
import { softmax } from '@resmask/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TensorProto_DataType } from '../../libs/onnx/src/gen/onnx/onnx.js';
import { floatTensor, node } from '../../libs/onnx/src/proto-parts.js';
import { handMadeModel, numbers, randomTensor } from '../support/hand-made-model.js';
import { pythonWith } from '../support/python-with.js';
import { ruleWeights } from '../support/rule-weights.js';
import { feed, relativeDifference, runModel } from '../support/run-model.js';

const PYTHON = pythonWith('onnx');

/** The compact network as nobody has touched it: batch normalisations of weights that do something. */
const compact = buildGraph(findArchitecture('resmasking-compact'), ruleWeights()).build();
let folder: string;
const images = feed([2, 1, 48, 48], numbers(2 * 48 * 48, 1, 0, 1));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resmask-surgery-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a model as the command line does, with external data above a limit. */
async function written(name: string, model: ModelProto, aboveBytes?: number): Promise<string> {
  const files = encodeModelFiles(model, { dataFile: `${name}.data`, aboveBytes });
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, files.model);
  if (files.data) await writeFile(`${path.slice(0, -'.onnx'.length)}.data`, files.data);
  return path;
}

describe('a written model', () => {
  it('computes the same in one file and with its weights beside it', async () => {
    const single = await written('single', compact);
    const split = await written('split', compact, 1e6);
    const [[one], [other], [reference]] = await Promise.all([
      runModel(single, { input: images }, ['logits']),
      runModel(split, { input: images }, ['logits']),
      runModel(compact, { input: images }, ['logits']),
    ]);
    expect((await readFile(split)).length).toBeLessThan(400_000);
    expect(one.data).toEqual(reference.data);
    expect(other.data).toEqual(reference.data);
  });

  it('gets its weights back inside', async () => {
    const path = await written('split', compact, 1e6);
    const outside = decodeModel(await readFile(path));
    expect(externalDataFiles(outside)).toEqual(['split.data']);
    const inside = withInternalData(outside, new Map([['split.data', await readFile(join(folder, 'split.data'))]]));
    expect(Buffer.from(encodeModel(inside)).equals(Buffer.from(encodeModel(compact)))).toBe(true);
  });

  it.skipIf(!PYTHON)('is accepted by onnx.checker, whatever was done to it', async () => {
    const paths = [
      await written('checked', compact),
      await written('checked-split', compact, 1e6),
      await written('checked-folded', foldBatchNorm(compact)),
      await written('checked-half', withHalfWeights(compact)),
      await written('checked-softmax', withOutput(withSoftmax(compact, 'logits'), 'masks.3.sigmoid', 'mask')),
      await written('checked-staged', withInputStage(compact, STAGE)),
    ];
    const script = 'import sys, onnx\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)';
    expect(() => execFileSync(PYTHON ?? '', ['-c', script, ...paths], { stdio: 'pipe' })).not.toThrow();
  });
});

describe('foldBatchNorm', () => {
  const operators = (model: ModelProto) => model.graph?.node.map(({ opType }) => opType) ?? [];

  it('leaves the outputs of the compact network as they are, without a batch normalisation', async () => {
    const folded = foldBatchNorm(compact);
    expect(operators(folded)).not.toContain('BatchNormalization');
    expect(folded.graph?.initializer.length).toBeLessThan(compact.graph?.initializer.length ?? 0);
    const [[before], [after]] = [
      await runModel(compact, { input: images }, ['logits']),
      await runModel(folded, { input: images }, ['logits']),
    ];
    expect(relativeDifference(before, after)).toBeLessThan(1e-5);
  });

  it('consumes the given model when told to, with the same result', () => {
    const own = decodeModel(encodeModel(compact));
    const bytes = Buffer.from(encodeModel(foldBatchNorm(own, { consume: true })));
    expect(bytes.equals(encodeModel(foldBatchNorm(compact)))).toBe(true);
  });

  const bn = (name: string, x: string, channels: number, seed: number) => ({
    node: node('BatchNormalization', name, [x, ...['g', 'b', 'm', 'v'].map((part) => `${name}.${part}`)], [name], {
      epsilon: { float: 1e-3 },
    }),
    initializers: ['g', 'b', 'm', 'v'].map((part, i) =>
      randomTensor(`${name}.${part}`, [channels], seed + i, part === 'v' ? 0.1 : -1, 2),
    ),
  });

  it.each([
    ['a grouped convolution without bias', 'Conv', [6, 2, 3, 3], 6, { group: 2 }, false],
    ['a depthwise convolution with bias', 'Conv', [4, 1, 3, 3], 4, { group: 4 }, true],
    ['a transposed convolution with bias', 'ConvTranspose', [4, 5, 2, 2], 5, { strides: [2, 2] }, true],
    ['a grouped transposed convolution', 'ConvTranspose', [4, 3, 2, 2], 6, { group: 2, strides: [2, 2] }, false],
  ] as const)('folds into %s', async (_what, op, shape, channels, attributes, hasBias) => {
    const norm = bn('bn', 'conv', channels, 5);
    const bias = hasBias ? [randomTensor('bias', [channels], 3)] : [];
    const model = handMadeModel({
      nodes: [node(op, 'conv', ['x', 'w', ...bias.map(() => 'bias')], ['conv'], attributes), norm.node],
      initializers: [randomTensor('w', shape, 2), ...bias, ...norm.initializers],
      inputs: { x: ['n', 4, 8, 8] },
      outputs: { bn: ['n', channels, 'h', 'w'] },
    });
    const before = encodeModel(model);
    const folded = foldBatchNorm(model);
    expect(operators(folded)).toEqual([op]);
    expect(folded.graph?.initializer).toHaveLength(2);
    expect(encodeModel(model)).toEqual(before);
    const x = feed([2, 4, 8, 8], numbers(512, 1));
    const [[expected], [got]] = [await runModel(model, { x }, ['bn']), await runModel(folded, { x }, ['bn'])];
    expect(relativeDifference(expected, got)).toBeLessThan(1e-5);
  });

  it('leaves what is read elsewhere too, what comes first, and weights that others share', async () => {
    const [first, seen, one, other] = ['first', 'seen', 'one', 'other'].map((name, i) =>
      bn(name, { first: 'x', seen: 'a', one: 'b', other: 'c' }[name] ?? '', 4, 10 * i),
    );
    const model = handMadeModel({
      nodes: [
        first.node,
        node('Conv', 'a', ['first', 'w'], ['a']),
        seen.node,
        node('Conv', 'b', ['a', 'w'], ['b']),
        one.node,
        node('Conv', 'c', ['seen', 'w'], ['c']),
        other.node,
        node('Add', 'sum', ['one', 'other'], ['sum']),
      ],
      initializers: [
        randomTensor('w', [4, 4, 1, 1], 2),
        ...[first, seen, one, other].flatMap((norm) => norm.initializers),
      ],
      inputs: { x: ['n', 4, 3, 3] },
      outputs: { sum: ['n', 4, 3, 3] },
    });
    const folded = foldBatchNorm(model);
    expect(operators(folded)).toEqual(['BatchNormalization', 'Conv', 'BatchNormalization', 'Conv', 'Conv', 'Add']);
    const x = feed([1, 4, 3, 3], numbers(36, 1));
    const [[expected], [got]] = [await runModel(model, { x }, ['sum']), await runModel(folded, { x }, ['sum'])];
    expect(relativeDifference(expected, got)).toBeLessThan(1e-5);
  });
});

describe('withHalfWeights', () => {
  it('halves the file and keeps the outputs close', async () => {
    const half = withHalfWeights(compact);
    expect(encodeModel(half).length / encodeModel(compact).length).toBeLessThan(0.51);
    const [[before], [after]] = [
      await runModel(compact, { input: images }, ['logits']),
      await runModel(half, { input: images }, ['logits']),
    ];
    expect(relativeDifference(before, after)).toBeLessThan(5e-3);
    expect(relativeDifference(before, after)).toBeGreaterThan(0);
  });

  it('names a tensor that float16 cannot hold', () => {
    const model = handMadeModel({
      nodes: [node('Mul', 'y', ['x', 'large'], ['y'])],
      initializers: [floatTensor('large', [1, 2], Float32Array.of(1, -70_000))],
      inputs: { x: ['n', 2] },
      outputs: { y: ['n', 2] },
    });
    expect(() => withHalfWeights(model)).toThrow(
      expect.objectContaining({ reason: 'WEIGHTS_INVALID', message: expect.stringContaining('"large" has -70000') }),
    );
  });
});

describe('outputs', () => {
  it.each([7, 13, 17])('appends a softmax in operator set %i', async (opset) => {
    const model = handMadeModel({
      nodes: [node('Relu', 'y', ['x'], ['y'])],
      inputs: { x: ['n', 5] },
      outputs: { y: ['n', 5] },
      opset,
    });
    const x = feed([2, 5], numbers(10, 1, 0, 9));
    const [got] = await runModel(withSoftmax(model, 'y'), { x }, ['probabilities']);
    const expected = [...softmax(x.data.subarray(0, 5)), ...softmax(x.data.subarray(5))];
    expect(relativeDifference(feed([2, 5], Float32Array.from(expected)), got)).toBeLessThan(1e-6);
  });

  it('shows a tensor from inside, beside the outputs there were', async () => {
    const model = withOutput(compact, 'masks.3.sigmoid', 'mask');
    const [mask, logits] = await runModel(model, { input: images }, ['mask', 'logits']);
    const [expected] = await runModel(compact, { input: images }, ['logits']);
    expect(mask.dims).toEqual([2, 192, 3, 3]);
    expect(Math.min(...mask.data)).toBeGreaterThan(0);
    expect(Math.max(...mask.data)).toBeLessThan(1);
    expect(logits.data).toEqual(expected.data);
  });
});

const STAGE: InputStage = {
  tensor: 'input',
  sourcePlanes: 1,
  planes: 1,
  reversePlanes: false,
  layout: 'NCHW',
  type: 'float32',
  scale: 1 / 255,
  mean: [0],
  std: [1],
};

describe('withInputStage', () => {
  const COLOUR: InputStage = {
    tensor: 'x',
    sourcePlanes: 3,
    planes: 3,
    reversePlanes: true,
    layout: 'NCHW',
    type: 'float32',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  const bytes = Uint8Array.from(numbers(2 * 4 * 5 * 3, 4, 0, 256), Math.floor);
  const pixels = { type: 'uint8', dims: [2, 4, 5, 3], data: bytes } as const;

  /** What a program in front of the original would have made of the bytes, in the graph's layout. */
  function prepared({ layout, reversePlanes, scale, mean, std }: InputStage): Float32Array {
    const out = new Float32Array(bytes.length);
    for (let i = 0; i < bytes.length; i += 1) {
      const pixel = Math.floor(i / 3);
      const plane = reversePlanes ? 2 - (i % 3) : i % 3;
      const [image, at] = [Math.floor(pixel / 20), pixel % 20];
      const target = layout === 'NCHW' ? image * 60 + plane * 20 + at : pixel * 3 + plane;
      out[target] = (bytes[i] * scale - mean[plane]) / std[plane];
    }
    return out;
  }

  const shapeOf = ({ layout }: InputStage) => (layout === 'NCHW' ? ['n', 3, 4, 5] : ['n', 4, 5, 3]);
  const original = (stage: InputStage, opset: number, irVersion = 8) =>
    handMadeModel({
      nodes: [node('Mul', 'm', ['x', 'w'], ['m']), node('Sigmoid', 'y', ['m'], ['y'])],
      initializers: [floatTensor('w', [1], Float32Array.of(0.7))],
      // As exporters did before version 4 of the format.
      inputs: { x: shapeOf(stage), ...(irVersion < 4 ? { w: [1] } : {}) },
      outputs: { y: shapeOf(stage) },
      opset,
      irVersion,
    });

  it.each([
    [7, 3, COLOUR],
    [9, 4, { ...COLOUR, layout: 'NHWC' }],
    [11, 6, COLOUR],
    [13, 7, { ...COLOUR, mean: [0, 0, 0], std: [1, 1, 1], reversePlanes: false }],
    [17, 8, COLOUR],
    [21, 10, { ...COLOUR, layout: 'NHWC' }],
  ] as const)(
    'gives what the original gives in operator set %i, format version %i',
    async (opset, irVersion, stage) => {
      const model = original(stage, opset, irVersion);
      const dims = shapeOf(stage).map((size) => (size === 'n' ? 2 : Number(size)));
      const weight = irVersion < 4 ? [['w', feed([1], Float32Array.of(0.7))] as const] : [];
      const [expected] = await runModel(model, Object.fromEntries([['x', feed(dims, prepared(stage))], ...weight]), [
        'y',
      ]);
      const [got] = await runModel(withInputStage(model, stage), { [PIXELS_INPUT]: pixels }, ['y']);
      expect(got.dims).toEqual(dims);
      expect(relativeDifference(expected, got)).toBeLessThan(1e-5);
    },
  );

  it('feeds a half-precision graph', async () => {
    const { FLOAT, FLOAT16 } = TensorProto_DataType;
    const model = handMadeModel({
      nodes: [node('Sigmoid', 's', ['x'], ['s']), node('Cast', 'y', ['s'], ['y'], { to: FLOAT })],
      inputs: { x: shapeOf(COLOUR) },
      outputs: { y: shapeOf(COLOUR) },
      inputType: FLOAT16,
    });
    const [got] = await runModel(withInputStage(model, COLOUR), { [PIXELS_INPUT]: pixels }, ['y']);
    const expected = prepared(COLOUR).map((value) => 1 / (1 + Math.exp(-value)));
    expect(relativeDifference(feed(got.dims, expected), got)).toBeLessThan(2e-3);
  });

  it('keeps clear of names the graph and its branches use', async () => {
    const branch = (name: string, op: string) =>
      handMadeModel({ nodes: [node(op, name, ['x'], [name])], inputs: {}, outputs: { [name]: shapeOf(COLOUR) } }).graph;
    const choose = node('If', 'resmask/mul', ['yes'], ['y']);
    choose.attribute.push(
      ...[
        ['then_branch', branch('resmask/cast', 'Sigmoid')] as const,
        ['else_branch', branch('resmask/sub', 'Relu')] as const,
      ].map(([name, g]) => ({
        name,
        type: 5,
        g,
        floats: [],
        ints: [],
        strings: [],
        tensors: [],
        graphs: [],
        sparseTensors: [],
        typeProtos: [],
      })),
    );
    const yes = {
      ...floatTensor('yes', [], Float32Array.of(0)),
      dataType: TensorProto_DataType.BOOL,
      rawData: Uint8Array.of(1),
    };
    const model = handMadeModel({
      nodes: [choose],
      initializers: [yes],
      inputs: { x: shapeOf(COLOUR) },
      outputs: { y: shapeOf(COLOUR) },
    });
    const [got] = await runModel(withInputStage(model, COLOUR), { [PIXELS_INPUT]: pixels }, ['y']);
    const expected = prepared(COLOUR).map((value) => 1 / (1 + Math.exp(-value)));
    expect(relativeDifference(feed(got.dims, expected), got)).toBeLessThan(1e-5);
  });

  it.each([
    [
      'a second stage',
      withInputStage(original(COLOUR, 17), COLOUR),
      { ...COLOUR, tensor: PIXELS_INPUT },
      'already has',
    ],
    ['numbers of another kind', original(COLOUR, 17), { ...COLOUR, type: 'uint8' }, 'the specification says uint8'],
    ['an input that is not there', original(COLOUR, 17), { ...COLOUR, tensor: 'z' }, 'no input "z"'],
  ] as const)('refuses %s', (_what, model, stage, message) => {
    expect(() => withInputStage(model, stage)).toThrow(message);
  });
});
