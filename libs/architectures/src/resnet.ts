import type { Value } from '@resmask/onnx';
import type { Architecture, PublishedSize } from './architecture.js';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, NetworkBuilder } from './network-builder.js';

/** Channels of the four stages. */
export const RESNET_WIDTHS = [64, 128, 256, 512] as const;
/** A bottleneck's output has four times the channels of its 3×3 convolution. */
const EXPANSION = 4;

type Block = (net: NetworkBuilder, key: string, x: Value, width: number, stride: number, shortcut: string) => Value;

/** Convolution 7×7 with stride 2, batch normalisation, ReLU, maximum over 3×3 with stride 2: a quarter of the side. */
export function resnetStem(net: NetworkBuilder, x: Value): Value {
  const stem = net.conv('conv1', x, net.wide(RESNET_WIDTHS[0]), { kernel: 7, stride: 2, padding: 3 });
  return net.graph.maxPool('maxpool', net.relu('bn1', net.batchNorm('bn1', stem)), {
    kernel: 3,
    stride: 2,
    padding: 1,
  });
}

/**
 * Two 3×3 convolutions beside a shortcut, which is a 1×1 convolution where stride or width change or `alwaysProject` says so.
 * (He et al., "Deep Residual Learning for Image Recognition", Fig. 5 left)
 */
export function basicBlock(
  net: NetworkBuilder,
  key: string,
  x: Value,
  width: number,
  stride: number,
  shortcut: string,
  alwaysProject = false,
): Value {
  let y = net.conv(`${key}.conv1`, x, width, { kernel: 3, stride, padding: 1 });
  y = net.relu(`${key}.bn1`, net.batchNorm(`${key}.bn1`, y));
  y = net.batchNorm(`${key}.bn2`, net.conv(`${key}.conv2`, y, width, { kernel: 3, padding: 1 }));
  return joinShortcut(net, key, y, project(net, shortcut, x, width, stride, alwaysProject));
}

/** 1×1, 3×3 with the stride, 1×1 to four times the width, beside a shortcut. (He et al., Fig. 5 right) */
const bottleneck: Block = (net, key, x, width, stride, shortcut) => {
  const out = width * EXPANSION;
  let y = net.relu(`${key}.bn1`, net.batchNorm(`${key}.bn1`, net.conv(`${key}.conv1`, x, width, { kernel: 1 })));
  y = net.conv(`${key}.conv2`, y, width, { kernel: 3, stride, padding: 1 });
  y = net.relu(`${key}.bn2`, net.batchNorm(`${key}.bn2`, y));
  y = net.batchNorm(`${key}.bn3`, net.conv(`${key}.conv3`, y, out, { kernel: 1 }));
  return joinShortcut(net, key, y, project(net, shortcut, x, out, stride, false));
};

function project(
  net: NetworkBuilder,
  key: string,
  x: Value,
  width: number,
  stride: number,
  alwaysProject: boolean,
): Value {
  if (!alwaysProject && stride === 1 && channelsOf(x) === width) return x;
  return net.batchNorm(`${key}.1`, net.conv(`${key}.0`, x, width, { kernel: 1, stride }));
}

function joinShortcut(net: NetworkBuilder, key: string, y: Value, shortcut: Value): Value {
  return net.relu(key, net.graph.add(`${key}.sum`, y, shortcut));
}

/** One stage: blocks of which the first may halve the side. */
export function resnetStage(net: NetworkBuilder, stage: number, x: Value, blocks: number, block: Block): Value {
  const width = net.wide(RESNET_WIDTHS[stage - 1]);
  let y = x;
  for (let i = 0; i < blocks; i += 1) {
    const key = `layer${stage}.${i}`;
    y = block(net, key, y, width, stage > 1 && i === 0 ? 2 : 1, `${key}.downsample`);
  }
  return y;
}

function resnet(depth: number, blocks: readonly number[], block: Block, published?: PublishedSize): Architecture {
  const name = `resnet${depth}`;
  return expressionNetwork({
    name,
    summary: `residual network of ${depth} layers`,
    published,
    build: (weights, options) => {
      const net = new NetworkBuilder(name, weights, options);
      let x = resnetStem(net, net.input());
      for (const [i, count] of blocks.entries()) {
        x = resnetStage(net, i + 1, x, count, block);
        net.tap('stages', `stage${i + 1}`, x);
      }
      net.tap('features', 'features', x);
      return net.finish(net.linear('fc', net.graph.globalAveragePool('avgpool', x), options.classes));
    },
  });
}

export const resnet18 = resnet(18, [2, 2, 2, 2], basicBlock);
export const resnet34 = resnet(34, [3, 4, 6, 3], basicBlock, {
  millions: 21.2,
  counted: 21_288_263,
  why: 'cut off, not rounded',
});
export const resnet50 = resnet(50, [3, 4, 6, 3], bottleneck);
export const resnet101 = resnet(101, [3, 4, 23, 3], bottleneck);
export const resnet152 = resnet(152, [3, 8, 36, 3], bottleneck, {
  millions: 58.1,
  counted: 58_158_151,
  why: 'cut off, not rounded',
});
