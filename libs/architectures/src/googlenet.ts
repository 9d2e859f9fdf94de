import type { Value } from '@resmask/onnx';
import { basicConv, rescaled, TENSORFLOW_EPSILON } from './basic-conv.js';
import { expressionNetwork } from './expression-network.js';
import { NetworkBuilder } from './network-builder.js';

/** Channels of a module's four branches: 1×1; 1×1 then 3×3; 1×1 then another 3×3; pool then 1×1. */
type Module = readonly [one: number, reduced: number, three: number, reducedSmall: number, small: number, pool: number];

/** Modules by stage; a pool follows the first and the second one, of side 3 and 2. */
const STAGES: readonly Readonly<Record<string, Module>>[] = [
  { '3a': [64, 96, 128, 16, 32, 32], '3b': [128, 128, 192, 32, 96, 64] },
  {
    '4a': [192, 96, 208, 16, 48, 64],
    '4b': [160, 112, 224, 24, 64, 64],
    '4c': [128, 128, 256, 24, 64, 64],
    '4d': [112, 144, 288, 32, 64, 64],
    '4e': [256, 160, 320, 32, 128, 128],
  },
  { '5a': [256, 160, 320, 32, 128, 128], '5b': [384, 192, 384, 48, 128, 128] },
];
const POOLS = [3, 2] as const;

/** GoogLeNet as torchvision has it: batch normalisation, 3×3 where Szegedy et al. have 5×5, no auxiliary heads. */
export const googlenet = expressionNetwork({
  name: 'googlenet',
  summary: 'GoogLeNet (Inception v1)',
  published: { millions: 5.6, counted: 5_607_079, why: 'without the two auxiliary heads' },
  channels: [3],
  trainingOnly: /^aux[12]\./,
  build: (weights, options) => {
    const net = new NetworkBuilder('googlenet', weights, options, TENSORFLOW_EPSILON);
    const { graph } = net;
    let x = basicConv(net, 'conv1', rescaled(net, net.input()), 64, { kernel: 7, stride: 2, padding: 3 });
    x = graph.maxPool('maxpool1', x, { kernel: 3, stride: 2, ceil: true });
    x = basicConv(net, 'conv3', basicConv(net, 'conv2', x, 64), 192, { kernel: 3, padding: 1 });
    x = graph.maxPool('maxpool2', x, { kernel: 3, stride: 2, ceil: true });
    for (const [i, modules] of STAGES.entries()) {
      for (const [name, module] of Object.entries(modules)) x = inception(net, `inception${name}`, x, module);
      net.tap('stages', `stage${i + 1}`, x);
      const kernel = POOLS[i];
      if (kernel) x = graph.maxPool(`maxpool${i + 3}`, x, { kernel, stride: 2, ceil: true });
    }
    net.tap('features', 'features', x);
    return net.finish(net.linear('fc', graph.globalAveragePool('avgpool', x), options.classes));
  },
});

function inception(net: NetworkBuilder, key: string, x: Value, module: Module): Value {
  const [one, reduced, three, reducedSmall, small, pool] = module;
  const three3 = { kernel: 3, padding: 1 };
  const pooled = net.graph.maxPool(`${key}.branch4.0`, x, { kernel: 3, stride: 1, padding: 1 });
  return net.graph.concat(`${key}.cat`, [
    basicConv(net, `${key}.branch1`, x, one),
    basicConv(net, `${key}.branch2.1`, basicConv(net, `${key}.branch2.0`, x, reduced), three, three3),
    basicConv(net, `${key}.branch3.1`, basicConv(net, `${key}.branch3.0`, x, reducedSmall), small, three3),
    basicConv(net, `${key}.branch4.1`, pooled, pool),
  ]);
}
