import type { Value } from '@resmask/onnx';
import { channelsOf, type LayerOptions, type NetworkBuilder } from './network-builder.js';

/** Output channels of the four stages of a network of bottlenecks. */
export const UNIT_WIDTHS = [256, 512, 1024, 2048] as const;
const STEM = 64;
/** A bottleneck's inner convolutions have a quarter of its output channels. */
const NARROWING = 4;

/** Convolution and batch normalisation, as pytorchcv names them. */
export function convBn(net: NetworkBuilder, key: string, x: Value, width: number, options: LayerOptions): Value {
  return net.batchNorm(`${key}.bn`, net.conv(`${key}.conv`, x, width, options));
}

export function convBnRelu(net: NetworkBuilder, key: string, x: Value, width: number, options: LayerOptions): Value {
  return net.relu(key, convBn(net, key, x, width, options));
}

/** 7×7 convolution with stride 2 and a 3×3 pool with stride 2: a quarter of the side. */
export function initBlock(net: NetworkBuilder, x: Value): Value {
  const key = 'features.init_block';
  const y = convBnRelu(net, `${key}.conv`, x, net.wide(STEM), { kernel: 7, stride: 2, padding: 3 });
  return net.graph.maxPool(`${key}.pool`, y, { kernel: 3, stride: 2, padding: 1 });
}

/** A bottleneck beside its shortcut. `refine` changes the bottleneck's output before the two are added. */
export function residualUnit(
  net: NetworkBuilder,
  key: string,
  x: Value,
  width: number,
  stride: number,
  refine: (y: Value) => Value = (y) => y,
): Value {
  const inner = Math.max(1, Math.floor(width / NARROWING));
  const changes = stride !== 1 || channelsOf(x) !== width;
  const shortcut = changes ? convBn(net, `${key}.identity_conv`, x, width, { kernel: 1, stride }) : x;
  let y = convBnRelu(net, `${key}.body.conv1`, x, inner, { kernel: 1 });
  y = convBnRelu(net, `${key}.body.conv2`, y, inner, { kernel: 3, stride, padding: 1 });
  y = convBn(net, `${key}.body.conv3`, y, width, { kernel: 1 });
  return net.relu(key, net.graph.add(`${key}.sum`, refine(y), shortcut));
}
