import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph-builder.js';
import { graphSignature } from './graph-signature.js';
import { decodeModel, encodeModel } from './model-file.js';
import { modelMetadata, withMetadataProperties } from './model-metadata.js';
import { withOutput, withSoftmax } from './model-outputs.js';

function model() {
  const graph = new GraphBuilder('g');
  const x = graph.input('x', ['batch', 2, 4, 4]);
  graph.output('y', graph.globalAveragePool('pool', graph.relu('features', x)));
  return graph.build();
}

describe('withOutput', () => {
  it('declares a tensor from inside with its number of axes, and leaves the given model alone', () => {
    const given = model();
    const before = encodeModel(given);
    const { outputs } = graphSignature(withOutput(given, 'features', 'map'));
    expect(outputs.map(({ name, shape }) => [name, shape.length])).toEqual([
      ['y', 2],
      ['map', 4],
    ]);
    expect(outputs[1].shape[0]).toBe('batch');
    expect(encodeModel(given)).toEqual(before);
  });

  it('takes an output that is there as it is', () => {
    expect(graphSignature(withOutput(model(), 'y')).outputs).toHaveLength(1);
  });

  it.each([
    ['featurs', 'map', 'TENSOR_NOT_FOUND', 'the graph has no tensor "featurs"; names like it: "features"'],
    ['features', 'y', 'GRAPH_SPEC_MISMATCH', 'already has a tensor "y"'],
  ] as const)('refuses %s as %s', (tensor, name, reason, message) => {
    expect(() => withOutput(model(), tensor, name)).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    );
  });
});

describe('withSoftmax', () => {
  it('takes the place of the output it normalises', () => {
    expect(graphSignature(withSoftmax(model(), 'y')).outputs.map(({ name }) => name)).toEqual(['probabilities']);
  });

  it('lists the outputs there are', () => {
    expect(() => withSoftmax(model(), 'logits')).toThrow('the graph has no output "logits"; names like it: "y"');
  });
});

describe('metadata', () => {
  it('is read from the file, properties set among those it had', () => {
    const first = withMetadataProperties(model(), { source: 'a', author: 'b' });
    const read = modelMetadata(decodeModel(encodeModel(withMetadataProperties(first, { source: 'c' }))));
    expect(read).toMatchObject({ irVersion: 8, producerName: 'resmask', opsetImports: { '': 17 }, graphName: 'g' });
    expect(read.properties).toEqual({ author: 'b', source: 'c' });
  });
});
