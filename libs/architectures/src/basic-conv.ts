import type { Value } from '@resmask/onnx';
import type { LayerOptions, NetworkBuilder } from './network-builder.js';

/** Epsilon of the batch normalisations of GoogLeNet, Inception and EfficientNet. */
export const TENSORFLOW_EPSILON = 1e-3;

/** Convolution, batch normalisation and ReLU, as torchvision's Inception networks name them. Takes published channels. */
export function basicConv(
  net: NetworkBuilder,
  key: string,
  x: Value,
  channels: number,
  options: LayerOptions = { kernel: 1 },
): Value {
  const y = net.conv(`${key}.conv`, x, net.wide(channels), options);
  return net.relu(`${key}.bn`, net.batchNorm(`${key}.bn`, y));
}

/** From ImageNet's normalisation to −1..1 inside the network, as the published pipeline leaves it on although it feeds 0..1. */
export function rescaled(net: NetworkBuilder, x: Value): Value {
  const std = [0.229, 0.224, 0.225];
  const mean = [0.485, 0.456, 0.406];
  return net.graph.affine(
    'transform_input',
    x,
    std.map((value) => value / 0.5),
    mean.map((value) => (value - 0.5) / 0.5),
  );
}
