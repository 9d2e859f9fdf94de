import type { Value } from '@resmask/onnx';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, NetworkBuilder } from './network-builder.js';

const STEM_WIDTHS = [16, 24] as const;

/** Per stage: its width, the stride of each residual block, and the widths of the masking block, top level first. */
const STAGES = [
  { width: 24, strides: [1], maskWidths: [24, 32, 48, 56] },
  { width: 48, strides: [2], maskWidths: [48, 72, 96] },
  { width: 96, strides: [2, 1], maskWidths: [96, 144] },
  { width: 192, strides: [2, 1], maskWidths: [192] },
] as const;

/**
 * The small Residual Masking Network: four residual stages, each output x refined to x · (1 + M(x)) by a U-shaped masking
 * block M that ends in a 1×1 convolution and a sigmoid, as Fig. 2b of Pham, Vu and Tran draws it.
 * Input [batch, 1, 48, 48] grey in [0, 1], output [batch, 7] logits.
 */
export const resmaskingCompact = expressionNetwork(
  {
    name: 'resmasking-compact',
    summary: 'small Residual Masking Network',
    sizes: { min: 16, step: 16 },
    masks: ['sigmoid'],
    build: (weights, options) => {
      const net = new NetworkBuilder('resmasking-compact', weights, options);
      const { graph } = net;
      let x = net.input();
      for (const [i, width] of STEM_WIDTHS.entries()) x = convBnRelu(net, `stem.${i}`, x, net.wide(width));
      x = graph.maxPool('stem.pool', x, { kernel: 2, stride: 2 });
      for (const [i, { width, strides, maskWidths }] of STAGES.entries()) {
        for (const [block, stride] of strides.entries())
          x = residual(net, `stages.${i}.${block}`, x, net.wide(width), stride);
        const mask = maskingBlock(
          net,
          `masks.${i}`,
          x,
          maskWidths.map((channels) => net.wide(channels)),
        );
        net.tap('stages', `stage${i + 1}`, x);
        net.tap('masks', `mask${i + 1}`, mask);
        // x + x · M(x), which is x · (1 + M(x)) without a constant.
        x = graph.add(`refined.${i}`, x, graph.multiply(`masked.${i}`, x, mask));
        net.tap('stages', `stage${i + 1}_masked`, x);
      }
      net.tap('features', 'features', x);
      return net.finish(net.linear('fc', graph.globalAveragePool('pool', x), options.classes));
    },
  },
  { size: 48, channels: 1, mask: 'sigmoid' },
);

/** kernel×kernel convolution without bias, padding ⌊kernel/2⌋, batch normalisation. */
function convBn(net: NetworkBuilder, key: string, x: Value, width: number, kernel: number, stride = 1): Value {
  const padding = Math.floor(kernel / 2);
  return net.batchNorm(`${key}.1`, net.conv(`${key}.0`, x, width, { kernel, stride, padding }));
}

function convBnRelu(net: NetworkBuilder, key: string, x: Value, width: number, stride = 1): Value {
  return net.relu(key, convBn(net, key, x, width, 3, stride));
}

/** ReLU(b(a(x)) + short(x)); the shortcut is a 1×1 convolution where stride or width change. */
function residual(net: NetworkBuilder, key: string, x: Value, width: number, stride = 1): Value {
  const inner = convBn(net, `${key}.b`, convBnRelu(net, `${key}.a`, x, width, stride), width, 3);
  const changes = stride !== 1 || width !== channelsOf(x);
  const short = changes ? convBn(net, `${key}.short`, x, width, 1, stride) : x;
  return net.relu(key, net.graph.add(`${key}.sum`, inner, short));
}

/** U-shaped masking block: pool and widen level by level, come back by transposed convolutions that add the skips. */
function maskingBlock(net: NetworkBuilder, key: string, x: Value, widths: readonly number[]): Value {
  const { graph } = net;
  const skips: Value[] = [];
  let y = x;
  for (const [level, width] of widths.slice(1).entries()) {
    skips.push(y);
    y = residual(
      net,
      `${key}.down.${level}`,
      graph.maxPool(`${key}.pool.${level}`, y, { kernel: 2, stride: 2 }),
      width,
    );
  }
  for (const [step, skip] of skips.reverse().entries()) {
    const up = net.convTranspose(`${key}.up.${step}`, y, channelsOf(skip), 2);
    y = convBnRelu(net, `${key}.fuse.${step}`, graph.add(`${key}.join.${step}`, up, skip), channelsOf(skip));
  }
  return graph.sigmoid(`${key}.sigmoid`, net.conv(`${key}.out`, y, widths[0], { kernel: 1, bias: true }));
}
