import type { Value } from '@resmask/onnx';
import { basicConv, rescaled, TENSORFLOW_EPSILON } from './basic-conv.js';
import { expressionNetwork } from './expression-network.js';
import { type LayerOptions, NetworkBuilder } from './network-builder.js';

/** A convolution of a branch: its name, published channels, kernel and the rest. */
type Step = readonly [name: string, channels: number, options?: LayerOptions];

const THREE: LayerOptions = { kernel: 3, padding: 1 };
const HALVE: LayerOptions = { kernel: 3, stride: 2 };
const row = (columns: number): LayerOptions => ({ kernel: [1, columns], padding: [0, (columns - 1) / 2] });
const column = (rows: number): LayerOptions => ({ kernel: [rows, 1], padding: [(rows - 1) / 2, 0] });

/** Inception v3 (Szegedy et al., "Rethinking the Inception Architecture for Computer Vision"), without its auxiliary head. */
export const inceptionV3 = expressionNetwork({
  name: 'inception_v3',
  summary: 'Inception v3',
  published: {
    millions: 25.1,
    counted: 25_126_607,
    why: 'with the auxiliary head of 1000 classes (3,326,696), which answers nothing',
  },
  nativeSize: 299,
  sizes: { min: 75, step: 1 },
  channels: [3],
  trainingOnly: /^AuxLogits\./,
  build: (weights, options) => {
    const net = new NetworkBuilder('inception_v3', weights, options, TENSORFLOW_EPSILON);
    const { graph } = net;
    let x = stem(net, rescaled(net, net.input()));
    for (const [name, pool] of [
      ['5b', 32],
      ['5c', 64],
      ['5d', 64],
    ] as const)
      x = moduleA(net, `Mixed_${name}`, x, pool);
    net.tap('stages', 'stage1', x);
    x = moduleB(net, 'Mixed_6a', x);
    for (const [name, width] of [
      ['6b', 128],
      ['6c', 160],
      ['6d', 160],
      ['6e', 192],
    ] as const)
      x = moduleC(net, `Mixed_${name}`, x, width);
    net.tap('stages', 'stage2', x);
    x = moduleD(net, 'Mixed_7a', x);
    for (const name of ['7b', '7c']) x = moduleE(net, `Mixed_${name}`, x);
    net.tap('stages', 'stage3', x);
    net.tap('features', 'features', x);
    return net.finish(net.linear('fc', graph.globalAveragePool('avgpool', x), options.classes));
  },
});

function stem(net: NetworkBuilder, x: Value): Value {
  const pool = { kernel: 3, stride: 2 };
  let y = branch(net, '', x, [
    ['Conv2d_1a_3x3', 32, HALVE],
    ['Conv2d_2a_3x3', 32, { kernel: 3 }],
    ['Conv2d_2b_3x3', 64, THREE],
  ]);
  y = branch(net, '', net.graph.maxPool('maxpool1', y, pool), [
    ['Conv2d_3b_1x1', 80],
    ['Conv2d_4a_3x3', 192, { kernel: 3 }],
  ]);
  return net.graph.maxPool('maxpool2', y, pool);
}

function moduleA(net: NetworkBuilder, key: string, x: Value, pool: number): Value {
  return net.graph.concat(`${key}.cat`, [
    branch(net, key, x, [['branch1x1', 64]]),
    branch(net, key, x, [
      ['branch5x5_1', 48],
      ['branch5x5_2', 64, { kernel: 5, padding: 2 }],
    ]),
    branch(net, key, x, [
      ['branch3x3dbl_1', 64],
      ['branch3x3dbl_2', 96, THREE],
      ['branch3x3dbl_3', 96, THREE],
    ]),
    pooledBranch(net, key, x, pool),
  ]);
}

function moduleB(net: NetworkBuilder, key: string, x: Value): Value {
  return net.graph.concat(`${key}.cat`, [
    branch(net, key, x, [['branch3x3', 384, HALVE]]),
    branch(net, key, x, [
      ['branch3x3dbl_1', 64],
      ['branch3x3dbl_2', 96, THREE],
      ['branch3x3dbl_3', 96, HALVE],
    ]),
    net.graph.maxPool(`${key}.pool`, x, { kernel: 3, stride: 2 }),
  ]);
}

function moduleC(net: NetworkBuilder, key: string, x: Value, width: number): Value {
  return net.graph.concat(`${key}.cat`, [
    branch(net, key, x, [['branch1x1', 192]]),
    branch(net, key, x, [
      ['branch7x7_1', width],
      ['branch7x7_2', width, row(7)],
      ['branch7x7_3', 192, column(7)],
    ]),
    branch(net, key, x, [
      ['branch7x7dbl_1', width],
      ['branch7x7dbl_2', width, column(7)],
      ['branch7x7dbl_3', width, row(7)],
      ['branch7x7dbl_4', width, column(7)],
      ['branch7x7dbl_5', 192, row(7)],
    ]),
    pooledBranch(net, key, x, 192),
  ]);
}

function moduleD(net: NetworkBuilder, key: string, x: Value): Value {
  return net.graph.concat(`${key}.cat`, [
    branch(net, key, x, [
      ['branch3x3_1', 192],
      ['branch3x3_2', 320, HALVE],
    ]),
    branch(net, key, x, [
      ['branch7x7x3_1', 192],
      ['branch7x7x3_2', 192, row(7)],
      ['branch7x7x3_3', 192, column(7)],
      ['branch7x7x3_4', 192, HALVE],
    ]),
    net.graph.maxPool(`${key}.pool`, x, { kernel: 3, stride: 2 }),
  ]);
}

/** The widest module: its 3×3 convolutions end as a row and a column side by side. */
function moduleE(net: NetworkBuilder, key: string, x: Value): Value {
  const three = branch(net, key, x, [['branch3x3_1', 384]]);
  const double = branch(net, key, x, [
    ['branch3x3dbl_1', 448],
    ['branch3x3dbl_2', 384, THREE],
  ]);
  return net.graph.concat(`${key}.cat`, [
    branch(net, key, x, [['branch1x1', 320]]),
    branch(net, key, three, [['branch3x3_2a', 384, row(3)]]),
    branch(net, key, three, [['branch3x3_2b', 384, column(3)]]),
    branch(net, key, double, [['branch3x3dbl_3a', 384, row(3)]]),
    branch(net, key, double, [['branch3x3dbl_3b', 384, column(3)]]),
    pooledBranch(net, key, x, 192),
  ]);
}

function branch(net: NetworkBuilder, key: string, x: Value, steps: readonly Step[]): Value {
  const prefix = key === '' ? '' : `${key}.`;
  return steps.reduce((y, [name, channels, options]) => basicConv(net, `${prefix}${name}`, y, channels, options), x);
}

function pooledBranch(net: NetworkBuilder, key: string, x: Value, channels: number): Value {
  const pooled = net.graph.averagePool(`${key}.branch_pool.pool`, x, { kernel: 3, stride: 1, padding: 1 });
  return basicConv(net, `${key}.branch_pool`, pooled, channels);
}
