import { describe, expect, it } from 'vitest';
import { handMadeModel, randomTensor } from '../../../../test/support/hand-made-model.js';
import { type NodeProto, type TensorProto, TensorProto_DataType } from '../gen/onnx/onnx.js';
import { floatTensor, int64Tensor, node, tensorProto } from '../proto-parts.js';
import { floatValues } from '../tensor-values.js';
import { findClassActivation } from './class-activation.js';
import { graphEnding } from './graph-ending.js';

/** Three labels, four channels. */
const ROWS = randomTensor('rows', [3, 4], 1);
const VALUES = floatValues(ROWS);
const COLUMNS = floatTensor(
  'columns',
  [4, 3],
  Float32Array.from({ length: 12 }, (_, i) => VALUES[(i % 3) * 4 + Math.floor(i / 3)]),
);
const BIAS = randomTensor('bias', [3], 2);

const CONV = node('Relu', 'maps', ['x'], ['maps']);
const POOL = node('GlobalAveragePool', 'pool', ['maps'], ['mean']);
const FLAT = node('Flatten', 'flatten', ['mean'], ['flat'], { axis: 1 });
const GEMM = node('Gemm', 'fc', ['flat', 'rows', 'bias'], ['y'], { transB: 1 });

const model = (nodes: readonly NodeProto[], initializers: readonly TensorProto[] = [ROWS, BIAS]) =>
  handMadeModel({ nodes, initializers, inputs: { x: ['n', 4, 6, 6] }, outputs: { y: ['n', 3] } });

const int8 = (name: string, shape: number[], values: number[]) =>
  tensorProto(name, shape, TensorProto_DataType.INT8, new Uint8Array(Int8Array.from(values).buffer));

describe('findClassActivation', () => {
  const reduced = (axes: number[], keepdims: 0 | 1) =>
    node('ReduceMean', 'pool', ['maps'], ['mean'], { axes, keepdims });
  const forms: readonly [string, readonly NodeProto[], (readonly TensorProto[])?][] = [
    ['GlobalAveragePool, Flatten, Gemm', [CONV, POOL, FLAT, GEMM]],
    [
      'dropout before Gemm, softmax behind it',
      [
        CONV,
        POOL,
        FLAT,
        node('Dropout', 'drop', ['flat'], ['dropped']),
        node('Gemm', 'fc', ['dropped', 'rows', 'bias'], ['logits'], { transB: 1 }),
        node('Softmax', 'softmax', ['logits'], ['y'], { axis: 1 }),
      ],
    ],
    [
      'ReduceMean with axes as attribute, MatMul and Add',
      [
        CONV,
        reduced([2, 3], 0),
        node('MatMul', 'product', ['mean', 'columns'], ['product']),
        node('Add', 'fc', ['bias', 'product'], ['y']),
      ],
      [COLUMNS, BIAS],
    ],
    [
      'ReduceMean with negative axes as input, and Reshape',
      [
        CONV,
        node('ReduceMean', 'pool', ['maps', 'axes'], ['mean']),
        node('Reshape', 'flatten', ['mean', 'shape'], ['flat']),
        GEMM,
      ],
      [ROWS, BIAS, int64Tensor('axes', [-1, -2]), int64Tensor('shape', [0, -1])],
    ],
    [
      'a 1×1 convolution on the mean',
      [
        CONV,
        POOL,
        node('Conv', 'fc', ['mean', 'kernel', 'bias'], ['map']),
        node('Squeeze', 'squeeze', ['map', 'axes'], ['y']),
      ],
      [{ ...ROWS, name: 'kernel', dims: [3n, 4n, 1n, 1n] }, BIAS, int64Tensor('axes', [2, 3])],
    ],
    [
      'a transposed weight',
      [
        CONV,
        POOL,
        FLAT,
        node('Transpose', 'turn', ['rows'], ['turned'], { perm: [1, 0] }),
        node('MatMul', 'fc', ['flat', 'turned'], ['y']),
      ],
      [ROWS],
    ],
    [
      'quantised activations around every layer',
      [
        CONV,
        node('QuantizeLinear', 'q1', ['maps', 's', 'z'], ['maps.q']),
        node('DequantizeLinear', 'd1', ['maps.q', 's', 'z'], ['maps.d']),
        node('GlobalAveragePool', 'pool', ['maps.d'], ['mean.f']),
        node('QuantizeLinear', 'q2', ['mean.f', 's', 'z'], ['mean.q']),
        node('DequantizeLinear', 'd2', ['mean.q', 's', 'z'], ['mean']),
        FLAT,
        GEMM,
      ],
      [
        ROWS,
        BIAS,
        floatTensor('s', [], Float32Array.of(0.1)),
        tensorProto('z', [], TensorProto_DataType.UINT8, Uint8Array.of(0)),
      ],
    ],
  ];

  it.each(forms)('recognises %s', (what, nodes, initializers) => {
    const found = findClassActivation(model(nodes, initializers), 'y');
    expect(found).toMatchObject({ features: what.startsWith('quantised') ? 'maps.d' : 'maps', layout: 'NCHW' });
    expect(found?.weights).toEqual({ shape: [3, 4], data: VALUES });
  });

  it('tells maps with channels last, and the window that an average is over', () => {
    expect(
      findClassActivation(model([CONV, reduced([1, 2], 0), { ...GEMM, input: ['mean', 'rows'] }]), 'y'),
    ).toMatchObject({ layout: 'NHWC' });
    const window = node('AveragePool', 'pool', ['maps'], ['mean'], { kernel_shape: [6, 6] });
    expect(findClassActivation(model([CONV, window, FLAT, GEMM]), 'y')).toMatchObject({
      window: [6, 6],
      layout: 'NCHW',
    });
  });

  it('puts the rows in the order in which labels are taken from the scores', () => {
    const gather = node('Gather', 'order', ['logits', 'places'], ['sorted'], { axis: -1 });
    const nodes = [CONV, POOL, FLAT, { ...GEMM, output: ['logits'] }, gather, node('Softmax', 's', ['sorted'], ['y'])];
    const found = findClassActivation(model(nodes, [ROWS, BIAS, int64Tensor('places', [2, 0])]), 'y');
    expect(found?.weights).toEqual({
      shape: [2, 4],
      data: Float32Array.of(...VALUES.subarray(8), ...VALUES.subarray(0, 4)),
    });
  });

  it('reads weights of 8 bits by their scales, and applies alpha', () => {
    const weights = [
      int8('w.q', [3, 4], [1, 2, 3, 4, -1, -2, -3, -4, 5, 6, 7, 8]),
      floatTensor('w.s', [3], Float32Array.of(1, 0.5, 2)),
    ];
    const nodes = [
      CONV,
      POOL,
      FLAT,
      node('DequantizeLinear', 'd', ['w.q', 'w.s'], ['w'], { axis: 0 }),
      node('Gemm', 'fc', ['flat', 'w'], ['y'], { transB: 1, alpha: { float: 2 } }),
    ];
    expect([...(findClassActivation(model(nodes, weights), 'y')?.weights.data ?? [])]).toEqual([
      2, 4, 6, 8, -1, -2, -3, -4, 20, 24, 28, 32,
    ]);
  });

  const others: readonly [string, readonly NodeProto[]][] = [
    ['flattened maps without an average', [CONV, { ...FLAT, input: ['maps'] }, GEMM]],
    [
      'a hidden layer behind the average',
      [
        CONV,
        POOL,
        FLAT,
        { ...GEMM, output: ['h'] },
        node('Relu', 'r', ['h'], ['hr']),
        node('Gemm', 'last', ['hr', 'bias'], ['y']),
      ],
    ],
    ['a mean over the channels', [CONV, reduced([1], 0), { ...GEMM, input: ['mean', 'rows'] }]],
    [
      'an average with a border',
      [CONV, node('AveragePool', 'pool', ['maps'], ['mean'], { kernel_shape: [6, 6], pads: [1, 1, 1, 1] }), FLAT, GEMM],
    ],
    ['weights that depend on the image', [CONV, POOL, FLAT, node('MatMul', 'fc', ['flat', 'x'], ['y'])]],
    ['no linear layer', [CONV, node('GlobalAveragePool', 'pool', ['maps'], ['y'])]],
  ];

  it.each(others)('finds nothing in a network with %s', (_what, nodes) => {
    expect(findClassActivation(model(nodes), 'y')).toBeUndefined();
  });
});

it('tells what a network ends in, in the order things run', () => {
  const nodes = [
    CONV,
    node('MaxPool', 'pool', ['maps'], ['mean']),
    FLAT,
    node('Identity', 'same', ['flat'], ['same']),
    { ...GEMM, input: ['same', 'rows', 'bias'] },
  ];
  expect(graphEnding(model(nodes), 'y')).toEqual(['Relu', 'MaxPool', 'Flatten', 'Gemm']);
  expect(graphEnding(model(nodes), 'y', 2)).toEqual(['Flatten', 'Gemm']);
});
