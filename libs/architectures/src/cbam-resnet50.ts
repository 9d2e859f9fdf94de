import type { Value } from '@resmask/onnx';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, NetworkBuilder } from './network-builder.js';
import { convBn, initBlock, residualUnit, UNIT_WIDTHS } from './residual-unit.js';

const BLOCKS = [3, 4, 6, 3] as const;
const REDUCTION = 16;

/** ResNet-50 with a convolutional block attention module in every block. (Woo et al., "CBAM") */
export const cbamResnet50 = expressionNetwork({
  name: 'cbam_resnet50',
  summary: 'ResNet-50 with channel and spatial gates',
  published: { millions: 28.5, why: 'unexplained: 26.05 for 7 classes, 28.09 for 1000' },
  build: (weights, options) => {
    const net = new NetworkBuilder('cbam_resnet50', weights, options);
    let x = initBlock(net, net.input());
    for (const [i, blocks] of BLOCKS.entries()) {
      for (let unit = 1; unit <= blocks; unit += 1) {
        const key = `features.stage${i + 1}.unit${unit}`;
        const stride = i > 0 && unit === 1 ? 2 : 1;
        const attend = (y: Value): Value =>
          spatialGate(net, `${key}.cbam.sp_gate`, channelGate(net, `${key}.cbam.ch_gate`, y));
        x = residualUnit(net, key, x, net.wide(UNIT_WIDTHS[i]), stride, attend);
      }
      net.tap('stages', `stage${i + 1}`, x);
    }
    net.tap('features', 'features', x);
    return net.finish(net.linear('output', net.graph.globalAveragePool('features.final_pool', x), options.classes));
  },
});

/** Channels weighed by a small network that sees their means, plus the same network that sees their maxima. */
function channelGate(net: NetworkBuilder, key: string, x: Value): Value {
  const { graph } = net;
  const width = channelsOf(x);
  const inner = Math.max(1, Math.floor(width / REDUCTION));
  const first = net.linearTensors(`${key}.mlp.fc1`, width, inner);
  const second = net.linearTensors(`${key}.mlp.fc2`, inner, width);
  const judged = (use: string, seen: Value): Value => {
    const y = graph.linear(`${use}.fc1`, graph.flatten(`${use}.flatten`, seen), first.weight, first.bias);
    return graph.linear(`${use}.fc2`, graph.relu(`${use}.relu`, y), second.weight, second.bias);
  };
  const sum = graph.add(
    `${key}.sum`,
    judged(`${key}.mean`, graph.spatialMean(`${key}.mean`, x)),
    judged(`${key}.max`, graph.spatialMax(`${key}.max`, x)),
  );
  const gate = graph.onePixel(`${key}.gate`, graph.sigmoid(`${key}.sigmoid`, sum));
  return graph.multiply(`${key}.gated`, x, gate);
}

/** Pixels weighed by a 7×7 convolution that sees the maximum and the mean over the channels. */
function spatialGate(net: NetworkBuilder, key: string, x: Value): Value {
  const { graph } = net;
  const seen = graph.concat(`${key}.cat`, [graph.channelMax(`${key}.max`, x), graph.channelMean(`${key}.mean`, x)]);
  const gate = graph.sigmoid(`${key}.sigmoid`, convBn(net, `${key}.conv`, seen, 1, { kernel: 7, padding: 3 }));
  return graph.multiply(`${key}.gated`, x, gate);
}
