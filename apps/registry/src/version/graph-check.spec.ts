import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { type ModelSpec, parseModelSpec } from '@resmask/model-spec';
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

const YUNET_TENSORS = ['cls', 'obj', 'bbox', 'kps'].flatMap((kind) => [8, 16, 32].map((stride) => `${kind}_${stride}`));

function detectorSpec(output: object): ModelSpec {
  const input = { ...defaultSpec(detector).input, width: 64, height: 32 };
  return parseModelSpec({ input, output: { ...defaultSpec(detector).output, ...output } });
}

/** A graph that only declares its input and outputs, which is all that is looked at. */
function declared(outputs: Readonly<Record<string, readonly (number | string)[]>>): ModelProto {
  const graph = new GraphBuilder('g');
  const x = graph.input('input', [1, 3, 32, 64]);
  for (const [name, shape] of Object.entries(outputs)) graph.output(name, { ...x, shape });
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

  describe('for a detector of the yunet decoder', () => {
    const spec = detectorSpec({ decoder: 'yunet', tensors: YUNET_TENSORS, strides: [8, 16, 32] });
    const shapes = Object.fromEntries(
      [1, 1, 4, 10].flatMap((channels, kind) =>
        [32, 8, 2].map((cells, level) => [YUNET_TENSORS[kind * 3 + level], [1, cells, channels]]),
      ),
    );

    it('accepts twelve outputs of the sizes that the strides mean', () => {
      expect(() => checkGraph(declared(shapes), spec)).not.toThrow();
    });

    it('names the output of another size, and one that is missing', () => {
      expect(() => checkGraph(declared({ ...shapes, kps_16: [1, 8, 4] }), spec)).toThrow(
        'the yunet decoder needs batch×8×10, the graph has "kps_16" float32 1×8×4',
      );
      const { kps_32: _, ...others } = shapes;
      expect(() => checkGraph(declared(others), spec)).toThrow('the graph has no output "kps_32"');
    });
  });

  describe('for a detector of the ultraface decoder', () => {
    const spec = detectorSpec({ decoder: 'ultraface', tensors: ['scores', 'boxes'], strides: [] });

    it('accepts as many boxes as pairs of scores, however many', () => {
      expect(() => checkGraph(declared({ scores: [1, 99, 2], boxes: [1, 99, 4] }), spec)).not.toThrow();
      expect(() => checkGraph(declared({ scores: ['n', 'a', 2], boxes: ['n', 'a', 4] }), spec)).not.toThrow();
    });

    it('refuses another number of boxes than of scores', () => {
      expect(() => checkGraph(declared({ scores: [1, 99, 2], boxes: [1, 98, 4] }), spec)).toThrow(
        'the ultraface decoder needs batch×99×4, the graph has "boxes" float32 1×98×4',
      );
    });
  });
});
