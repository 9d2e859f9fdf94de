import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import type { ModelSpec } from '@resmask/model-spec';
import { GraphBuilder, type ModelProto } from '@resmask/onnx';
import { tensor } from '@resmask/tensor';
import { describe, expect, it } from 'vitest';
import { checkGraph } from './graph-check.js';

const compact = findArchitecture('resmasking-compact');
const detector = findArchitecture('tiny-face-detector');
const compactSpec = defaultSpec(compact);
const compactGraph = buildGraph(compact, seededWeights(1)).build();

/** A small classifier of so many classes. */
function classifier(classes: number, batch: number | string = 'batch'): ModelProto {
  const graph = new GraphBuilder('g');
  const x = graph.globalAveragePool('mean', graph.input('input', [batch, 1, 48, 48]));
  graph.output(
    'logits',
    graph.linear(
      'fc',
      x,
      tensor([classes, 1], new Float32Array(classes)),
      tensor([classes], new Float32Array(classes)),
    ),
  );
  return graph.build();
}

describe('checkGraph', () => {
  it('accepts what the project builds', () => {
    expect(() => checkGraph(compactGraph, compactSpec)).not.toThrow();
    expect(() => checkGraph(buildGraph(detector, seededWeights(1)).build(), defaultSpec(detector))).not.toThrow();
  });

  it('accepts a half-precision input for float32 numbers, which are cast when the model is loaded', () => {
    const half = buildGraph(compact, seededWeights(1)).build();
    const type = half.graph?.input[0].type?.value;
    if (type?.$case !== 'tensorType') throw new TypeError('the input is no tensor');
    type.value.elemType = 10;
    expect(() => checkGraph(half, compactSpec)).not.toThrow();
    type.value.elemType = 6;
    expect(() => checkGraph(half, compactSpec)).toThrow('it says float32, the graph has "input" int32');
  });

  it('says what the graph has when the labels do not fit', () => {
    expect(() => checkGraph(classifier(6), compactSpec)).toThrow(
      'output_spec.expression.labels: there are 7 labels, the graph has "logits" float32 batch×6; one value per label is needed',
    );
  });

  it('refuses a fixed batch for a classifier', () => {
    expect(() => checkGraph(classifier(7, 1), compactSpec)).toThrow('with a free batch size is needed');
  });

  it.each<[string, Partial<ModelSpec['input']>, string]>([
    ['another layout', { layout: 'NHWC' }, 'batch×48×48×1 in NHWC order'],
    ['another element type', { type: 'uint8' }, 'input_spec.type: it says uint8, the graph has "input" float32'],
    [
      'an input the graph lacks',
      { tensor: 'image' },
      'the graph has no input "image"; it has "input" float32 batch×1×48×48',
    ],
  ])('refuses %s', (_what, change, message) => {
    expect(() => checkGraph(compactGraph, { ...compactSpec, input: { ...compactSpec.input, ...change } })).toThrow(
      message,
    );
  });

  it('refuses a classifier as a detector', () => {
    const output = { ...defaultSpec(detector).output, tensors: ['logits'] } as ModelSpec['output'];
    expect(() => checkGraph(compactGraph, { ...compactSpec, output })).toThrow(
      'the tiny-face decoder needs batch×25×2×2, the graph has "logits" float32 batch×7',
    );
  });
});
