import { countParameters as countInGraph, decodeModel, encodeModel, graphSignature } from '@resmask/onnx';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, findArchitecture } from './architectures.js';
import { buildGraph } from './build-graph.js';
import { networkOptions } from './network-options.js';
import { countParameters, stateDict } from './state-dict.js';
import { namedWeights, seededWeights, shapesOnly } from './weight-source.js';

/** An eighth of the channels: the same wiring at a sixty-fourth of the weights. */
const NARROW = { width: 1 / 8 };

describe.each(ARCHITECTURES)('$name', (architecture) => {
  const { name, defaults, spec } = architecture;
  const graph = buildGraph(architecture, seededWeights(1), NARROW);
  const model = graph.build();

  it('is read back from its bytes with the inputs and outputs its specification names', () => {
    const { inputs, outputs } = graphSignature(decodeModel(encodeModel(model)));
    const { input, output } = spec(defaults);
    expect(inputs).toEqual([
      { name: input.tensor, type: 'float32', shape: ['batch', input.planes, input.height, input.width] },
    ]);
    expect(outputs.map((value) => value.name)).toEqual(output.task === 'expression' ? [output.tensor] : output.tensors);
  });

  it('counts the same parameters from its shapes, while it is built and in the finished graph', () => {
    const counted = graph.layers.reduce((sum, layer) => sum + layer.parameters, 0);
    expect(counted).toBe(countInGraph(model));
    expect(countParameters(stateDict(architecture, NARROW)).unique).toBe(counted);
  });

  it('is the same graph for the same seed and another one for another', () => {
    const bytes = (seed: number): Uint8Array =>
      encodeModel(buildGraph(architecture, seededWeights(seed), NARROW).build());
    expect(Buffer.compare(bytes(1), encodeModel(model))).toBe(0);
    expect(Buffer.compare(bytes(2), encodeModel(model))).not.toBe(0);
  });

  it('refuses weights that lack a tensor, by its name, and sides it cannot take', () => {
    const [{ key }] = stateDict(architecture);
    expect(() => buildGraph(architecture, namedWeights(new Map()))).toThrow(`the weights have no tensor "${key}"`);
    expect(() => networkOptions(architecture, { size: 31 })).toThrow(`size of ${name} is 31; allowed are multiples of`);
  });
});

describe('the sizes of Table II', () => {
  const published = ARCHITECTURES.filter((architecture) => architecture.published?.counted);

  it.each(published)(
    '$name: what was counted is the printed figure, cut off after the first decimal',
    (architecture) => {
      const { millions = 0, counted = 0 } = architecture.published ?? {};
      expect(Math.floor(counted / 1e5) / 10).toBe(millions);
      const { unique, named } = countParameters(stateDict(architecture));
      /** The auxiliary head of Inception v3, which is no part of the graph. */
      const trainingOnly = architecture.name === 'inception_v3' ? 3_326_696 : 0;
      expect([unique, named, unique + trainingOnly]).toContain(counted);
    },
  );

  it('ResMaskingNet has 137,796,423 parameters and 21.903 billion multiply-accumulates', () => {
    const network = findArchitecture('resmasking_dropout1');
    expect(countParameters(stateDict(network))).toEqual({ unique: 137_796_423, named: 142_943_431 });
    const { layers } = buildGraph(network, shapesOnly);
    expect(layers.reduce((sum, layer) => sum + layer.macs, 0) / 1e9).toBeCloseTo(21.903, 3);
  });

  it('the compact network has 2,546,895 parameters and 67.6 million multiply-accumulates', () => {
    const { layers } = buildGraph(findArchitecture('resmasking-compact'), shapesOnly);
    expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(2_546_895);
    expect(layers.reduce((sum, layer) => sum + layer.macs, 0) / 1e6).toBeCloseTo(67.6, 1);
  });
});

describe('options', () => {
  const network = findArchitecture('resmasking_dropout1');
  const outputs = (options: Parameters<typeof buildGraph>[2]) =>
    graphSignature(buildGraph(network, shapesOnly, options).build()).outputs;

  it('give the head its classes, the input its side and planes', () => {
    const model = buildGraph(network, shapesOnly, { classes: 3, size: 64, channels: 1 }).build();
    expect(graphSignature(model)).toEqual({
      inputs: [{ name: 'input', type: 'float32', shape: ['batch', 1, 64, 64] }],
      outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 3] }],
    });
  });

  it('add the last feature map, the masks, and each stage before and after its mask', () => {
    const names = outputs({ outputs: ['features', 'masks', 'stages'] }).map(({ name }) => name);
    const stages = [1, 2, 3, 4].flatMap((stage) => [`stage${stage}`, `stage${stage}_masked`]);
    expect(names).toEqual(['logits', 'features', 'mask1', 'mask2', 'mask3', 'mask4', ...stages]);
  });

  it('choose a mask of sigmoids after a 1×1 convolution, which brings its own tensors', () => {
    const keys = stateDict(network, { mask: 'sigmoid' }).map(({ key }) => key);
    expect(keys.filter((key) => key.includes('.out.'))).toEqual(
      [1, 2, 3, 4].flatMap((mask) => [`mask${mask}.out.weight`, `mask${mask}.out.bias`]),
    );
  });

  it('are refused where a network has no such thing', () => {
    const plain = findArchitecture('resnet18');
    expect(() => buildGraph(plain, shapesOnly, { outputs: ['masks'] })).toThrow(
      'it has no masks; it has stages, features',
    );
    expect(() => networkOptions(plain, { mask: 'sigmoid' })).toThrow('mask of resnet18 is sigmoid; it has no masks');
    expect(() => networkOptions(plain, { classes: 0 })).toThrow('classes of resnet18 is 0; allowed are 1 to 100000');
    expect(() => networkOptions(plain, { width: 0 })).toThrow('width of resnet18 is 0');
    expect(() => networkOptions(findArchitecture('googlenet'), { channels: 1 })).toThrow('allowed: 3');
  });
});

it('an unknown network is refused with the names there are', () => {
  expect(() => findArchitecture('alexnet')).toThrow(
    'there is no network "alexnet"; there are resmasking-compact, resmasking_dropout1',
  );
});

it('a tensor of another shape is refused with both shapes', () => {
  const tensors = new Map([['stem.0.0.weight', { shape: [16, 3, 3, 3], data: new Float32Array(432) }]]);
  expect(() => buildGraph(findArchitecture('resmasking-compact'), namedWeights(tensors))).toThrow(
    'tensor "stem.0.0.weight" is 16×3×3×3, the network needs 16×1×3×3',
  );
});
