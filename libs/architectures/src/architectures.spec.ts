import { countParameters, decodeModel, encodeModel, graphSignature } from '@resmask/onnx';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, findArchitecture } from './architectures.js';
import { namedWeights, seededWeights } from './weight-source.js';

describe.each(ARCHITECTURES)('$name', ({ build, spec }) => {
  const graph = build(seededWeights(1));
  const model = graph.build();

  it('is read back from its bytes with the inputs and outputs its specification names', () => {
    const { inputs, outputs } = graphSignature(decodeModel(encodeModel(model)));
    const { height, width, planes, tensor } = spec.input;
    expect(inputs).toEqual([{ name: tensor, type: 'float32', shape: ['batch', planes, height, width] }]);
    expect(outputs.map(({ name }) => name)).toEqual(
      spec.output.task === 'expression' ? [spec.output.tensor] : spec.output.tensors,
    );
  });

  it('counts the same parameters while it is built and in the finished graph', () => {
    expect(graph.layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(countParameters(model));
  });

  it('is the same graph for the same seed and another one for another', () => {
    expect(encodeModel(build(seededWeights(1)).build())).toEqual(encodeModel(model));
    expect(encodeModel(build(seededWeights(2)).build())).not.toEqual(encodeModel(model));
  });

  it('refuses weights that lack a tensor, by its name', () => {
    expect(() => build(namedWeights(new Map()))).toThrow(expect.objectContaining({ reason: 'WEIGHTS_INVALID' }));
  });
});

it('the compact network has the published size', () => {
  const { layers } = findArchitecture('resmasking-compact').build(seededWeights(0));
  expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(2_546_895);
  expect(layers.reduce((sum, layer) => sum + layer.macs, 0) / 1e6).toBeCloseTo(67.6, 1);
});

it('an unknown network is refused with the names there are', () => {
  expect(() => findArchitecture('alexnet')).toThrow(
    'there is no network "alexnet"; there are resmasking-compact, tiny-face-detector',
  );
});

it('a tensor of another shape is refused with both shapes', () => {
  const tensors = new Map([['stem.0.0.weight', { shape: [16, 3, 3, 3], data: new Float32Array(432) }]]);
  expect(() => findArchitecture('resmasking-compact').build(namedWeights(tensors))).toThrow(
    'tensor "stem.0.0.weight" is 16×3×3×3, the network needs 16×1×3×3',
  );
});
