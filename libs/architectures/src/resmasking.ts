import type { Value } from '@resmask/onnx';
import type { Architecture, PublishedSize } from './architecture.js';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, NetworkBuilder } from './network-builder.js';
import { basicBlock, resnetStage, resnetStem } from './resnet.js';

/** Of ResNet-34: residual blocks of each stage, and how often its masking block halves the side. */
const STAGES = [
  { blocks: 3, poolings: 3 },
  { blocks: 4, poolings: 2 },
  { blocks: 6, poolings: 1 },
  { blocks: 3, poolings: 0 },
] as const;

const HIDDEN = 128;

/** From the mean of the last feature map to logits; PyTorch numbers its layers, dropout included. */
type Head = (net: NetworkBuilder, features: Value) => Value;

const plainHead: Head = (net, x) => net.linear('fc', x, net.options.classes);
const dropoutHead: Head = (net, x) => net.linear('fc.1', x, net.options.classes);
const hiddenHead: Head = (net, x) =>
  net.linear('fc.3', net.relu('fc.0', net.linear('fc.0', x, net.wide(HIDDEN))), net.options.classes);

/**
 * The masking block: a U-shaped network of residual blocks. Going down each block doubles the channels and a pool halves the
 * side; going up a transposed convolution halves the channels and doubles the side, and the map of that side is put beside it.
 * It ends in a softmax over the channels (the published code) or a 1×1 convolution and a sigmoid (the paper's Fig. 2b).
 */
function maskingBlock(net: NetworkBuilder, key: string, x: Value, poolings: number): Value {
  const width = channelsOf(x);
  let number = 0;
  const block = (y: Value, channels: number): Value => {
    number += 1;
    return basicBlock(net, `${key}.conv${number}`, y, channels, 1, `${key}.downsample${number}`, true);
  };
  const skips: Value[] = [];
  let y = block(x, 2 * width);
  while (skips.length < poolings) {
    skips.push(y);
    const pooled = net.graph.maxPool(`${key}.maxpool${number}`, y, { kernel: 2, stride: 2 });
    y = block(pooled, 2 * channelsOf(y));
  }
  for (const skip of skips.reverse()) {
    const up = enlarged(net, `${key}.up_pool${number + 1}`, y, channelsOf(skip));
    y = block(net.graph.concat(`${key}.cat${number + 1}`, [up, skip]), channelsOf(skip));
  }
  y = block(y, width);
  if (net.options.mask === 'softmax') return net.graph.softmax(`${key}.softmax`, y);
  const out = net.conv(`${key}.out`, y, width, { kernel: 1, bias: true });
  return net.graph.sigmoid(`${key}.sigmoid`, out);
}

function enlarged(net: NetworkBuilder, key: string, x: Value, width: number): Value {
  return net.relu(key, net.batchNorm(`${key}.1`, net.convTranspose(`${key}.0`, x, width, 2)));
}

function resmasking(name: string, summary: string, head: Head, published?: PublishedSize): Architecture {
  return expressionNetwork(
    {
      name,
      summary,
      published,
      // The decoders join maps of one side, so every pool must halve evenly.
      sizes: { min: 32, step: 32 },
      masks: ['softmax', 'sigmoid'],
      alias: (key) => {
        const [, mask, block, rest] = /^(mask\d+)\.downsample(\d+)\.(.+)$/.exec(key) ?? [];
        return mask && `${mask}.conv${block}.downsample.${rest}`;
      },
      build: (weights, options) => {
        const net = new NetworkBuilder(name, weights, options);
        let x = resnetStem(net, net.input());
        for (const [i, { blocks, poolings }] of STAGES.entries()) {
          const stage = i + 1;
          x = resnetStage(net, stage, x, blocks, basicBlock);
          const mask = maskingBlock(net, `mask${stage}`, x, poolings);
          net.tap('stages', `stage${stage}`, x);
          net.tap('masks', `mask${stage}`, mask);
          // x + x · M(x), which is x · (1 + M(x)) without a constant.
          x = net.graph.add(`refined${stage}`, x, net.graph.multiply(`masked${stage}`, x, mask));
          net.tap('stages', `stage${stage}_masked`, x);
        }
        net.tap('features', 'features', x);
        return net.finish(head(net, net.graph.globalAveragePool('avgpool', x)));
      },
    },
    { mask: 'softmax' },
  );
}

/** The Residual Masking Network of Pham, Vu and Tran: ResNet-34, each stage's map x refined to x · (1 + M(x)). */
export const resmaskingPlain = resmasking('resmasking', 'Residual Masking Network, linear head', plainHead);
export const resmaskingDropout1 = resmasking(
  'resmasking_dropout1',
  'Residual Masking Network, the published head',
  dropoutHead,
  {
    millions: 142.9,
    counted: 142_943_431,
    why: "the masks' shortcuts have two names in the state dict and count twice",
  },
);
export const resmaskingDropout2 = resmasking(
  'resmasking_dropout2',
  'Residual Masking Network, head with a hidden layer',
  hiddenHead,
);
