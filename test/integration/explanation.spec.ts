import { buildGraph, defaultSpec, EXPRESSION_LABELS, findArchitecture, seededWeights } from '@resmask/architectures';
import { calibrate, type ImageInput } from '@resmask/engine';
import { parseModelSpec } from '@resmask/model-spec';
import {
  type Dimension,
  decodeModel,
  findAttentionMasks,
  findClassActivation,
  GraphBuilder,
  type ModelProto,
  quantizableModel,
  quantizeModel,
  withExplanationOutputs,
  withHalfWeights,
} from '@resmask/onnx';
import { argmax, softmax, type Tensor, tensor } from '@resmask/tensor';
import { classActivationMap, type HeatMap, occludedCopies, pixels } from '@resmask/vision';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Explanation } from '../../libs/engine/dist/worker/explainable-model.js';
import { node } from '../../libs/onnx/src/proto-parts.js';
import { explain, explainAll } from '../support/explain-thread.js';
import { handMadeModel, numbers, randomTensor } from '../support/hand-made-model.js';
import { ALPHABETICAL, KERAS_STYLE_SPEC, kerasStyleModel } from '../support/keras-style-model.js';
import { feed, relativeDifference, runModel } from '../support/run-model.js';
import { shippedModelFile } from '../support/shipped-models.js';
import { TINY_SPEC } from '../support/tiny-model.js';

const COMPACT = findArchitecture('resmasking-compact');
const SPEC = defaultSpec(COMPACT);
const LABELS: readonly string[] = EXPRESSION_LABELS;
const FACE = Uint8Array.from(numbers(48 * 48, 3, 0, 256), Math.floor);

const random = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    shape,
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  );

const image = ({ width, height, values }: HeatMap) => feed([height, width], values);
const row = (values: readonly number[]) => feed([values.length], Float32Array.from(values));
const numbersOf = (bytes: Uint8Array) => Float32Array.from(bytes, (byte) => byte / 255);

describe('a class activation map in ONNX Runtime', () => {
  const [channels, side, labels] = [5, 4, 3];
  const area = side * side;
  const values = numbers(channels * area, 4, 0.5, 2);

  /** Of each label's logit by each feature, by central differences: a batch with each value a little higher, then a little lower. */
  async function gradients(model: ModelProto): Promise<number[][]> {
    // Logits are linear in positive features, so a large step is exact and loses least to rounding.
    const [count, step] = [values.length, 0.25];
    const moved = new Float32Array(2 * count * count);
    for (let i = 0; i < 2 * count; i += 1) {
      const at = i % count;
      moved.set(values.with(at, values[at] + (i < count ? step : -step)), i * count);
    }
    const [{ data }] = await runModel(model, { input: feed([2 * count, channels, side, side], moved) }, ['logits']);
    const logit = (image: number, label: number): number => data[image * labels + label];
    return Array.from({ length: labels }, (_, label) =>
      Array.from(values, (_value, i) => (logit(i, label) - logit(count + i, label)) / (2 * step)),
    );
  }

  /** By its definition. (Selvaraju et al., equations 1 and 2) */
  function gradCam(gradient: readonly number[]): number[] {
    const mean = (c: number) => gradient.slice(c * area, (c + 1) * area).reduce((a, b) => a + b) / area;
    const alphas = Array.from({ length: channels }, (_, c) => mean(c));
    const weighted = (place: number) => alphas.reduce((sum, alpha, c) => sum + alpha * values[c * area + place], 0);
    return Array.from({ length: area }, (_, place) => Math.max(0, weighted(place)));
  }

  it('is Grad-CAM by the network’s own gradients × the number of places', async () => {
    const graph = new GraphBuilder('head');
    const maps = graph.relu('maps', graph.input('input', ['batch', channels, side, side]));
    const mean = graph.globalAveragePool('pool', maps);
    graph.output('logits', graph.linear('fc', mean, random([labels, channels], 1), random([labels], 2)));
    const model = graph.build();
    const { weights } = findClassActivation(model, 'logits') ?? {};
    const features = { channels, height: side, width: side, data: values };
    const found = Array.from({ length: labels }, (_, label) => {
      const row = weights?.data.subarray(label * channels, (label + 1) * channels) ?? [];
      return Array.from(classActivationMap(features, row).values, (value) => value / area);
    });
    const expected = (await gradients(model)).map(gradCam);
    expect(expected.flat().filter((value) => value > 0).length).toBeGreaterThan(area);
    expect(relativeDifference(row(expected.flat()), row(found.flat()))).toBeLessThan(1e-5);
  });
});

describe('explanation outputs in ONNX Runtime', () => {
  it.each([17, 18])('give feature maps and masks’ means over the channels in operator set %i', async (opset) => {
    const built = buildGraph(COMPACT, seededWeights(1), { outputs: ['masks', 'features'], width: 1 / 2 }).build();
    const model = { ...built, opsetImport: [{ domain: '', version: BigInt(opset) }] };
    const {
      model: more,
      features,
      masks,
    } = withExplanationOutputs(model, {
      features: findClassActivation(model, 'logits'),
      masks: findAttentionMasks(model),
    });
    const names = [
      'features',
      'mask1',
      'mask2',
      'mask3',
      'mask4',
      features ?? '',
      ...masks.map(({ output }) => output),
    ];
    const tensors = await runModel(more, { input: feed([2, 1, 48, 48], numbers(2 * 2304, 1, 0, 1)) }, names);
    expect(tensors[5]).toEqual(tensors[0]);
    for (const [i, { dims, data }] of tensors.slice(1, 5).entries()) {
      const [batch, channels, height, width] = dims;
      const area = height * width;
      const mean = new Float32Array(batch * area);
      for (let at = 0; at < data.length; at += 1)
        mean[Math.floor(at / (channels * area)) * area + (at % area)] += data[at] / channels;
      expect(tensors[6 + i].dims).toEqual([batch, height, width]);
      expect(relativeDifference(feed([batch, height, width], mean), tensors[6 + i])).toBeLessThan(1e-5);
    }
  });

  it('give feature maps with channels first, whatever the graph has', async () => {
    const model = handMadeModel({
      nodes: [
        node('Relu', 'maps', ['x'], ['maps']),
        node('ReduceMean', 'pool', ['maps'], ['mean'], { axes: [1, 2], keepdims: 0 }),
        node('MatMul', 'fc', ['mean', 'w'], ['y']),
      ],
      initializers: [randomTensor('w', [3, 2], 1)],
      inputs: { x: ['n', 4, 5, 3] },
      outputs: { y: ['n', 2] },
    });
    const { model: more, features = '' } = withExplanationOutputs(model, {
      features: findClassActivation(model, 'y'),
      masks: [],
    });
    const x = numbers(60, 1, 0, 1);
    const [got] = await runModel(more, { x: feed([1, 4, 5, 3], x) }, [features]);
    expect(got.dims).toEqual([1, 3, 4, 5]);
    expect(got.data).toEqual(x.map((_, i) => x[(i % 20) * 3 + Math.floor(i / 20)]));
  });
});

describe('ExplainableModel', () => {
  let compact: ModelProto;
  let exact: Explanation;
  beforeAll(async () => {
    compact = decodeModel(await shippedModelFile('resmasking-compact'));
    exact = await explain('compact', compact, SPEC, FACE, { masks: true });
  });

  it('explains the most probable label by class activation, with the masks of the four blocks', async () => {
    const input = feed(
      [1, 1, 48, 48],
      Float32Array.from(FACE, (byte) => byte / 255),
    );
    const [{ data }] = await runModel(compact, { input }, ['logits']);
    const probabilities = softmax(data);
    expect(relativeDifference(row(probabilities), row(exact.probabilities))).toBeLessThan(1e-5);
    expect(exact).toMatchObject({ label: LABELS[argmax(probabilities)], method: 'class-activation' });
    expect(exact.map).toMatchObject({ width: 3, height: 3 });
    expect(Math.max(...exact.map.values)).toBeGreaterThan(0);
    expect(exact.masks.map(({ name, map }) => [name, map.width, map.height])).toEqual([
      ['masks.0', 24, 24],
      ['masks.1', 12, 12],
      ['masks.2', 6, 6],
      ['masks.3', 3, 3],
    ]);
    for (const { map } of exact.masks) {
      expect(map.values).toHaveLength(map.width * map.height);
      expect(Math.min(...map.values)).toBeGreaterThan(0);
      expect(Math.max(...map.values)).toBeLessThan(1);
      expect(new Set(map.values).size).toBeGreaterThan(1);
    }
  });

  it('explains the label that is asked for, and leaves out masks that are not', async () => {
    const tasks = LABELS.map((label) => ({ image: FACE, options: { label, masks: false } }));
    const explanations = await explainAll('compact', compact, SPEC, tasks);
    expect(explanations.map(({ label }) => label)).toEqual(LABELS);
    expect(explanations[LABELS.indexOf(exact.label)].map).toEqual(exact.map);
    expect(new Set(explanations.map(({ map }) => map.values.join())).size).toBeGreaterThan(5);
    expect(explanations.every(({ masks }) => masks.length === 0)).toBe(true);
  });

  it('says nearly the same of the network with half weights, and in 8 bits', async () => {
    const half = await explain('half', withHalfWeights(compact), SPEC, FACE, { masks: true });
    const quantizable = quantizableModel(compact);
    const bytes = quantizeModel(
      quantizable,
      await calibrate(quantizable, SPEC.input, faces(), {
        method: 'min-max',
        threads: 1,
        limits: { maxPixels: 1e6, minSide: 1 },
      }),
    );
    const eighth = await explain('int8', bytes, SPEC, FACE, { masks: true });
    for (const [found, tolerance] of [
      [half, 0.01],
      [eighth, 0.05],
    ] as const) {
      expect(found).toMatchObject({ label: exact.label, method: 'class-activation' });
      expect(relativeDifference(image(exact.map), image(found.map))).toBeLessThan(tolerance);
      expect(found.masks.map(({ name }) => name)).toEqual(exact.masks.map(({ name }) => name));
      for (const [i, { map }] of found.masks.entries())
        expect(relativeDifference(image(exact.masks[i].map), image(map))).toBeLessThan(tolerance);
    }
  });

  it('says the same of somebody’s export with channels last, a softmax and labels by the alphabet', async () => {
    const spec = parseModelSpec(parse(KERAS_STYLE_SPEC));
    const found = await explain('keras', decodeModel(await kerasStyleModel()), spec, FACE, { label: exact.label });
    expect(found.method).toBe('class-activation');
    expect(relativeDifference(image(exact.map), image(found.map))).toBeLessThan(1e-4);
    const sorted = ALPHABETICAL.map((label) => exact.probabilities[LABELS.indexOf(label)]);
    expect(relativeDifference(row(sorted), row(found.probabilities))).toBeLessThan(1e-5);
  });

  it.each(['batch', 1, 5])(
    'maps how the probability falls with each patch covered, in runs of %s images',
    async (batch) => {
      const flat = flatModel(batch);
      const dark = new Uint8Array(64).map((_, i) => (i % 8 < 3 && i < 24 ? 255 : 10));
      const found = await explain('flat', flat, TINY_SPEC, dark, { label: 'happy' });
      expect(found).toMatchObject({ label: 'happy', method: 'occlusion', masks: [] });
      expect(found.map).toMatchObject({ width: 7, height: 7 });
      const places = Array.from({ length: 49 }, (_, i) => i);
      const copies = occludedCopies(pixels(8, 8, 1, dark), places);
      const happiness = async (bytes: Uint8Array) => {
        const x = numbersOf(bytes);
        const [{ data }] = await runModel(flatModel('batch'), { input: feed([bytes.length / 64, 1, 8, 8], x) }, [
          'logits',
        ]);
        return Array.from({ length: bytes.length / 64 }, (_, i) => softmax(data.subarray(2 * i, 2 * i + 2))[0]);
      };
      const [whole] = await happiness(dark);
      const falls = (await happiness(copies)).map((probability) => whole - probability);
      expect(Math.max(...falls)).toBeGreaterThan(0.001);
      expect(
        relativeDifference(image({ width: 7, height: 7, values: Float32Array.from(falls) }), image(found.map)),
      ).toBeLessThan(1e-4);
    },
  );

  it('covers a network by occlusion where that is asked for, though it has a class activation map', async () => {
    const found = await explain('compact', compact, SPEC, FACE, { method: 'occlusion', masks: true });
    expect(found).toMatchObject({ label: exact.label, method: 'occlusion', masks: exact.masks });
    expect(found.map.values).toHaveLength(49);
    expect(Math.max(...found.map.values.map(Math.abs))).toBeLessThan(1);
  });

  it('takes an average over less than the whole map for no global average', async () => {
    const found = await explain('windowed', windowModel(8), TINY_SPEC, new Uint8Array(64).fill(9));
    expect(found.method).toBe('class-activation');
    const partial = await explain('windowed', windowModel(7), TINY_SPEC, new Uint8Array(64).fill(9));
    expect(partial.method).toBe('occlusion');
  });

  it.each([
    [
      'a label it has not got',
      'compact',
      { label: 'bored' },
      'FIELD_INVALID',
      'got "bored"; the labels of it are angry, disgust',
    ],
    [
      'class activation where the network flattens',
      'flat',
      { method: 'class-activation' },
      'EXPLANATION_UNSUPPORTED',
      'it ends in Relu, Flatten, Gemm; choose OCCLUSION',
    ],
  ] as const)('refuses %s', async (_what, model, options, reason, message) => {
    const [graph, spec, bytes] =
      model === 'compact' ? [compact, SPEC, FACE] : [flatModel('batch'), TINY_SPEC, FACE.slice(0, 64)];
    await expect(explain('it', graph, spec, bytes, options)).rejects.toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    );
  });

  it('refuses a detector', async () => {
    const detector = decodeModel(await shippedModelFile('tiny-face-detector'));
    const spec = defaultSpec(findArchitecture('tiny-face-detector'));
    await expect(explain('faces', detector, spec, FACE)).rejects.toThrow(
      expect.objectContaining({ reason: 'TASK_MISMATCH' }),
    );
  });
});

/** Flattens its map instead of averaging it, so that each place has weights of its own. */
function flatModel(batch: Dimension): ModelProto {
  const graph = new GraphBuilder('flat');
  const maps = graph.relu('maps', graph.input('input', [batch, 1, 8, 8]));
  graph.output('logits', graph.linear('fc', graph.flatten('flatten', maps), random([2, 64], 1), random([2], 2)));
  return graph.build();
}

/** Averages a window in the corner of an 8×8 map. */
function windowModel(side: number): ModelProto {
  const graph = new GraphBuilder('windowed');
  const mean = graph.averagePool('pool', graph.input('input', ['batch', 1, 8, 8]), { kernel: side, stride: side });
  graph.output('logits', graph.linear('fc', graph.flatten('flatten', mean), random([2, 1], 1), random([2], 2)));
  return graph.build();
}

async function* faces(): AsyncGenerator<ImageInput> {
  yield { kind: 'raw', format: 'gray8', width: 48, height: 48, bytes: FACE };
}
