import type { Value } from '@resmask/onnx';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, NetworkBuilder } from './network-builder.js';
import { convBnRelu, initBlock, residualUnit, UNIT_WIDTHS } from './residual-unit.js';

const BLOCKS = [3, 4, 6, 3] as const;
const REDUCTION = 16;
/** Distance between the taps of the spatial branch's two 3×3 convolutions. */
const DILATION = 4;

/** ResNet-50 with a bottleneck attention module before each stage but the first. (Park et al., "BAM") */
export const bamResnet50 = expressionNetwork({
  name: 'bam_resnet50',
  summary: 'ResNet-50 with attention between stages',
  published: { millions: 23.8, counted: 23_880_442, why: 'cut off, not rounded' },
  build: (weights, options) => {
    const net = new NetworkBuilder('bam_resnet50', weights, options);
    let x = initBlock(net, net.input());
    for (const [i, blocks] of BLOCKS.entries()) {
      for (let unit = 1; unit <= blocks; unit += 1) {
        const key = `features.stage${i + 1}.unit${unit}`;
        const first = i > 0 && unit === 1;
        if (first) x = attention(net, `${key}.bam`, x);
        x = residualUnit(net, `${key}.res_unit`, x, net.wide(UNIT_WIDTHS[i]), first ? 2 : 1);
      }
      net.tap('stages', `stage${i + 1}`, x);
    }
    net.tap('features', 'features', x);
    return net.finish(net.linear('output', net.graph.globalAveragePool('features.final_pool', x), options.classes));
  },
});

/** x · (1 + sigmoid(channels · pixels)). */
function attention(net: NetworkBuilder, key: string, x: Value): Value {
  const { graph } = net;
  const inner = Math.max(1, Math.floor(channelsOf(x) / REDUCTION));
  const product = graph.multiply(
    `${key}.product`,
    channelBranch(net, `${key}.ch_att`, x, inner),
    spatialBranch(net, `${key}.sp_att`, x, inner),
  );
  return graph.add(`${key}.sum`, x, graph.multiply(`${key}.attended`, x, graph.sigmoid(`${key}.sigmoid`, product)));
}

function channelBranch(net: NetworkBuilder, key: string, x: Value, inner: number): Value {
  const mean = net.graph.globalAveragePool(`${key}.pool`, x);
  const hidden = net.batchNorm(`${key}.init_fc.bn`, net.linear(`${key}.init_fc.fc`, mean, inner));
  const y = net.linear(`${key}.final_fc`, net.relu(`${key}.init_fc`, hidden), channelsOf(x));
  return net.graph.onePixel(`${key}.gate`, y);
}

function spatialBranch(net: NetworkBuilder, key: string, x: Value, inner: number): Value {
  let y = convBnRelu(net, `${key}.init_conv`, x, inner, { kernel: 1, bias: true });
  const dilated = { kernel: 3, padding: DILATION, dilation: DILATION, bias: true };
  for (const name of ['conv1', 'conv2']) y = convBnRelu(net, `${key}.dil_convs.${name}`, y, inner, dilated);
  return net.conv(`${key}.final_conv`, y, 1, { kernel: 1, bias: true });
}
