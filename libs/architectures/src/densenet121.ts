import type { Value } from '@resmask/onnx';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, NetworkBuilder } from './network-builder.js';

/** Layers of the four dense blocks. */
const BLOCKS = [6, 12, 24, 16] as const;
const STEM = 64;
/** Channels that each layer adds. */
const GROWTH = 32;
/** Channels of a layer's 1×1 convolution, in growths. */
const BOTTLENECK = 4;

/** DenseNet-121 (Huang et al., Table 1): every layer sees the maps of all layers before it in its block. */
export const densenet121 = expressionNetwork({
  name: 'densenet121',
  summary: 'densely connected network of 121 layers',
  published: { millions: 6.9, counted: 6_961_031, why: 'cut off, not rounded' },
  build: (weights, options) => {
    const net = new NetworkBuilder('densenet121', weights, options);
    const { graph } = net;
    let x = net.conv('features.conv0', net.input(), net.wide(STEM), { kernel: 7, stride: 2, padding: 3 });
    x = normRelu(net, 'features.norm0', x);
    x = graph.maxPool('features.pool0', x, { kernel: 3, stride: 2, padding: 1 });
    for (const [i, layers] of BLOCKS.entries()) {
      if (i > 0) x = transition(net, `features.transition${i}`, x);
      x = denseBlock(net, `features.denseblock${i + 1}`, x, layers);
      net.tap('stages', `stage${i + 1}`, x);
    }
    x = normRelu(net, 'features.norm5', x);
    net.tap('features', 'features', x);
    return net.finish(net.linear('classifier', graph.globalAveragePool('avgpool', x), options.classes));
  },
});

function denseBlock(net: NetworkBuilder, key: string, x: Value, layers: number): Value {
  const growth = net.wide(GROWTH);
  let maps = x;
  for (let i = 1; i <= layers; i += 1) {
    const layer = `${key}.denselayer${i}`;
    let y = normRelu(net, `${layer}.norm1`, maps);
    y = net.conv(`${layer}.conv1`, y, BOTTLENECK * growth, { kernel: 1 });
    y = normRelu(net, `${layer}.norm2`, y);
    y = net.conv(`${layer}.conv2`, y, growth, { kernel: 3, padding: 1 });
    maps = net.graph.concat(`${layer}.cat`, [maps, y]);
  }
  return maps;
}

/** Halves the channels and the side. */
function transition(net: NetworkBuilder, key: string, x: Value): Value {
  const y = normRelu(net, `${key}.norm`, x);
  const halved = net.conv(`${key}.conv`, y, Math.floor(channelsOf(x) / 2), { kernel: 1 });
  return net.graph.averagePool(`${key}.pool`, halved, { kernel: 2, stride: 2 });
}

function normRelu(net: NetworkBuilder, key: string, x: Value): Value {
  return net.relu(key, net.batchNorm(key, x));
}
