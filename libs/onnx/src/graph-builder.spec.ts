import { tensor } from '@resmask/tensor';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph-builder.js';
import { decodeModel, encodeModel } from './model-file.js';
import { countParameters } from './parameter-count.js';

const zeros = (...shape: number[]) => tensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

describe('GraphBuilder', () => {
  it('works out the shape, parameters and multiply-accumulates of each layer', () => {
    const graph = new GraphBuilder('g');
    const x = graph.input('x', ['batch', 3, 33, 33]);
    const conv = graph.conv('conv', x, zeros(8, 3, 3, 3), zeros(8), { stride: 2, padding: 1 });
    const pooled = graph.maxPool('pool', conv, { kernel: 2, stride: 2, ceil: true });
    const wide = graph.convTranspose('up', pooled, zeros(8, 4, 2, 2), zeros(4));
    const depthwise = graph.conv('depthwise', wide, zeros(4, 1, 3, 3), undefined, { padding: 1, groups: 4 });
    const features = graph.globalAveragePool('mean', depthwise);
    graph.output('y', graph.linear('fc', features, zeros(7, 4), zeros(7)));
    const shapes = Object.fromEntries(
      graph.layers.map(({ name, outputShape }) => [name, outputShape.slice(1).join('×')]),
    );
    expect(shapes).toMatchObject({
      conv: '8×17×17',
      pool: '8×9×9',
      up: '4×18×18',
      depthwise: '4×18×18',
      'mean.flatten': '4',
      fc: '7',
    });
    const counts = Object.fromEntries(graph.layers.map(({ name, parameters, macs }) => [name, [parameters, macs]]));
    expect(counts['conv']).toEqual([8 * 27 + 8, 8 * 27 * 17 * 17]);
    expect(counts['up']).toEqual([8 * 16 + 4, 8 * 16 * 81]);
    expect(counts['depthwise']).toEqual([36, 36 * 18 * 18]);
    expect(counts['fc']).toEqual([35, 28]);
    expect(countParameters(graph.build())).toBe(8 * 27 + 8 + 8 * 16 + 4 + 36 + 35);
  });

  it('counts weight and bias of a batch normalisation, not its statistics', () => {
    const graph = new GraphBuilder('g');
    const parts = { weight: zeros(3), bias: zeros(3), runningMean: zeros(3), runningVar: zeros(3) };
    graph.output('y', graph.batchNorm('bn', graph.input('x', ['batch', 3, 4, 4]), parts, 1e-5));
    expect(countParameters(graph.build())).toBe(6);
  });

  it.each<[string, (graph: GraphBuilder) => unknown, string]>([
    [
      'a kernel for other channels',
      (g) => g.conv('c', g.input('x', ['n', 3, 8, 8]), zeros(4, 2, 3, 3)),
      'c.weight: is 4×2×3×3, the layer needs 4×3×3×3',
    ],
    [
      'a bias of another size',
      (g) => g.conv('c', g.input('x', ['n', 3, 8, 8]), zeros(4, 3, 1, 1), zeros(3)),
      'c.bias: is 3, the layer needs 4',
    ],
    [
      'an image without fixed sizes',
      (g) => g.relu('r', g.conv('c', g.input('x', ['n', 3, 'h', 8]), zeros(4, 3, 1, 1))),
      'with fixed sizes, got n×3×h×8',
    ],
    [
      'a sum of different shapes',
      (g) => g.add('sum', g.input('a', ['n', 1, 2, 2]), g.input('b', ['n', 1, 2, 3])),
      'sum: joins n×1×2×2 and n×1×2×3, which do not fit',
    ],
    [
      'a pool larger than its image',
      (g) => g.maxPool('p', g.input('x', ['n', 1, 1, 1]), { kernel: 2, stride: 2 }),
      'p: slides a 2×2 kernel over an image of 1×1',
    ],
    [
      'a name used twice',
      (g) => g.relu('x', g.input('x', ['n', 1, 1, 1])),
      'x: the graph already has a layer of that name',
    ],
  ])('refuses %s', (_what, build, message) => {
    expect(() => build(new GraphBuilder('g'))).toThrow(message);
  });
});

describe('decodeModel', () => {
  it.each([
    ['text', Buffer.from('just some words, no network\n')],
    ['nothing', Buffer.alloc(0)],
    ['random bytes', Buffer.from([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 58, 200])],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ reason: 'NOT_ONNX' }));
  });

  it('keeps fields this codec does not know', () => {
    const graph = new GraphBuilder('g');
    graph.output('y', graph.relu('r', graph.input('x', ['n', 1, 1, 1])));
    // Field 999 of ModelProto, a length-delimited "new".
    const unknown = Buffer.from([0xba, 0x3e, 3, 0x6e, 0x65, 0x77]);
    const bytes = Buffer.concat([encodeModel(graph.build()), unknown]);
    expect(Buffer.from(encodeModel(decodeModel(bytes))).includes(unknown)).toBe(true);
  });
});
