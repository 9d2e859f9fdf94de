import { describe, expect, it } from 'vitest';
import { handMadeModel, randomTensor } from '../../../../test/support/hand-made-model.js';
import type { NodeProto } from '../gen/onnx/onnx.js';
import { graphSignature } from '../graph-signature.js';
import { floatTensor, node } from '../proto-parts.js';
import { findAttentionMasks } from './attention-masks.js';
import { withExplanationOutputs } from './explanation-outputs.js';

const model = (nodes: readonly NodeProto[], opset = 17) =>
  handMadeModel({
    nodes,
    initializers: [
      floatTensor('one', [1], Float32Array.of(1)),
      floatTensor('two', [1], Float32Array.of(2)),
      randomTensor('w', [4, 4, 1, 1], 1),
    ],
    inputs: { x: ['n', 4, 6, 6] },
    outputs: { y: ['n', 4, 6, 6] },
    opset,
  });
const CONV = node('Conv', 'mask1.out', ['x', 'w'], ['c']);
const SIGMOID = node('Sigmoid', 'mask1.sigmoid', ['c'], ['m']);
const add = (a: string, b: string, y = 'y') => node('Add', `${y}.add`, [a, b], [y]);
const multiply = (a: string, b: string, y = 'xm') => node('Mul', `${y}.mul`, [a, b], [y]);

describe('findAttentionMasks', () => {
  const mask = { name: 'mask1', tensor: 'm', layout: 'NCHW', activation: 'Sigmoid' };

  it.each([
    ['x + x · M', [SIGMOID, multiply('x', 'm'), add('x', 'xm')]],
    ['M · x + x', [SIGMOID, multiply('m', 'x'), add('xm', 'x')]],
    ['x · (1 + M)', [SIGMOID, add('one', 'm', 'm1'), multiply('x', 'm1', 'y')]],
    ['(M + 1) · x', [SIGMOID, add('m', 'one', 'm1'), multiply('m1', 'x', 'y')]],
    [
      'x + x · M with a copy of x',
      [SIGMOID, node('Identity', 'i', ['x'], ['copy']), multiply('copy', 'm'), add('x', 'xm')],
    ],
  ])('recognises %s', (_what, nodes) => {
    expect(findAttentionMasks(model([CONV, ...nodes]))).toEqual([mask]);
  });

  it('recognises x · (1 + M) where a tool has quantised the 1 with the rest', () => {
    const scale = ['scale', 'zero'];
    const nodes = [
      SIGMOID,
      node('QuantizeLinear', 'q', ['one', ...scale], ['one.q']),
      node('DequantizeLinear', 'd', ['one.q', ...scale], ['one.d']),
      node('QuantizeLinear', 'mq', ['m', ...scale], ['m.q']),
      node('DequantizeLinear', 'md', ['m.q', ...scale], ['m.d']),
      add('one.d', 'm.d', 'm1'),
      multiply('x', 'm1', 'y'),
    ];
    expect(findAttentionMasks(model([CONV, ...nodes]))).toEqual([{ ...mask, tensor: 'm.d' }]);
  });

  it.each([
    [{ axis: 1 }, 17, 'NCHW'],
    [{ axis: -1 }, 17, 'NHWC'],
    [{}, 17, 'NHWC'],
    [{}, 11, 'NCHW'],
  ] as const)('tells the axis of a softmax with %o in operator set %i', (attributes, opset, layout) => {
    const softmax = node('Softmax', '/mask1/Softmax', ['c'], ['m'], attributes);
    const nodes = [CONV, softmax, multiply('x', 'm'), add('x', 'xm')];
    expect(findAttentionMasks(model(nodes, opset))).toEqual([{ ...mask, layout, activation: 'Softmax' }]);
  });

  it.each([
    ['a gate that only scales', [SIGMOID, multiply('x', 'm', 'y')]],
    [
      'x · sigmoid(x), which is no mask of another tensor',
      [node('Sigmoid', 's', ['x'], ['m']), multiply('x', 'm', 'y')],
    ],
    ['a gate on one tensor added to another', [SIGMOID, multiply('c', 'm'), add('x', 'xm')]],
    ['2 + M', [SIGMOID, add('two', 'm', 'm1'), multiply('x', 'm1', 'y')]],
    ['a softmax over the rows', [node('Softmax', 's', ['c'], ['m'], { axis: 2 }), multiply('x', 'm'), add('x', 'xm')]],
    ['a mask that is no activation', [multiply('x', 'c'), add('x', 'xm')]],
  ])('finds none in %s', (_what, nodes) => {
    expect(findAttentionMasks(model([CONV, ...nodes]))).toEqual([]);
  });

  it('numbers masks whose layers share a name, or have none', () => {
    const nodes = [
      CONV,
      node('Sigmoid', 'Sigmoid_3', ['c'], ['m']),
      multiply('x', 'm'),
      add('x', 'xm', 'z'),
      node('Sigmoid', 'block/a', ['z'], ['n']),
      multiply('z', 'n', 'zn'),
      add('z', 'zn', 'v'),
      node('Sigmoid', 'block/b', ['v'], ['k']),
      multiply('v', 'k', 'vk'),
      add('v', 'vk', 'y'),
    ];
    expect(findAttentionMasks(model(nodes)).map(({ name }) => name)).toEqual(['mask1', 'mask2', 'mask3']);
  });
});

describe('withExplanationOutputs', () => {
  it('puts feature maps and masks behind the outputs there were, under names of their own', () => {
    const given = model([CONV, SIGMOID, multiply('x', 'm'), add('x', 'xm')]);
    const masks = findAttentionMasks(given);
    const { model: more, ...names } = withExplanationOutputs(given, {
      features: { features: 'c', layout: 'NHWC' },
      masks,
    });
    expect(names).toEqual({ features: 'resmask/features', masks: [{ name: 'mask1', output: 'resmask/mask/mask1' }] });
    expect(graphSignature(more).outputs.map(({ name, type, shape }) => [name, type, shape.length])).toEqual([
      ['y', 'float32', 4],
      ['resmask/features', 'float32', 4],
      ['resmask/mask/mask1', 'float32', 3],
    ]);
    expect(graphSignature(given).outputs).toHaveLength(1);
  });

  it('adds nothing where there is nothing to show', () => {
    const given = model([add('x', 'x')]);
    expect(withExplanationOutputs(given, { masks: [] })).toEqual({ model: given, features: undefined, masks: [] });
  });
});
