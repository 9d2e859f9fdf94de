import { samePadding, type Value } from '@resmask/onnx';
import { TENSORFLOW_EPSILON } from './basic-conv.js';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, type LayerOptions, NetworkBuilder } from './network-builder.js';

/** Blocks of one kind: how many, their channels, kernel, stride of the first, expansion, and whether a new stage begins. */
interface Blocks {
  readonly count: number;
  readonly channels: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  readonly expansion: 1 | 6;
  readonly newStage: boolean;
}

/** EfficientNet-B0's blocks at depth × 1.2 (rounded up) and width × 1.1 (rounded to eights): B2. (Tan and Le, Table 1) */
const BLOCKS: readonly Blocks[] = [
  { count: 2, channels: 16, kernel: 3, stride: 1, expansion: 1, newStage: true },
  { count: 3, channels: 24, kernel: 3, stride: 2, expansion: 6, newStage: true },
  { count: 3, channels: 48, kernel: 5, stride: 2, expansion: 6, newStage: true },
  { count: 4, channels: 88, kernel: 3, stride: 2, expansion: 6, newStage: true },
  { count: 4, channels: 120, kernel: 5, stride: 1, expansion: 6, newStage: false },
  { count: 5, channels: 208, kernel: 5, stride: 2, expansion: 6, newStage: true },
  { count: 2, channels: 352, kernel: 3, stride: 1, expansion: 6, newStage: false },
];
const STEM = 32;
const LAST = 1408;
/** The squeeze of a gate has a quarter of the block's input channels. */
const SQUEEZE = 4;

/** EfficientNet-B2 with TensorFlow's padding and epsilon, as pytorchcv names it. */
export const efficientnetB2b = expressionNetwork({
  name: 'efficientnet_b2b',
  summary: 'EfficientNet-B2, TensorFlow padding',
  published: { millions: 7.7, counted: 7_710_857, why: 'as counted' },
  nativeSize: 260,
  build: (weights, options) => {
    const net = new NetworkBuilder('efficientnet_b2b', weights, options, TENSORFLOW_EPSILON);
    let x = convSwish(net, 'features.init_block.conv', net.input(), net.wide(STEM), { kernel: 3, stride: 2 });
    let [stage, unit] = [0, 0];
    for (const blocks of BLOCKS) {
      if (blocks.newStage) {
        if (stage > 0) net.tap('stages', `stage${stage}`, x);
        [stage, unit] = [stage + 1, 0];
      }
      for (let i = 0; i < blocks.count; i += 1) {
        unit += 1;
        x = block(net, `features.stage${stage}.unit${unit}`, x, { ...blocks, stride: i === 0 ? blocks.stride : 1 });
      }
    }
    net.tap('stages', `stage${stage}`, x);
    x = convSwish(net, 'features.final_block', x, net.wide(LAST), { kernel: 1 });
    net.tap('features', 'features', x);
    return net.finish(net.linear('output.1', net.graph.globalAveragePool('avgpool', x), options.classes));
  },
});

/** Inverted residual block: widen, filter each channel, gate the channels, narrow; beside it the input where shapes allow. */
function block(net: NetworkBuilder, key: string, x: Value, { channels, kernel, stride, expansion }: Blocks): Value {
  const width = net.wide(channels);
  const inner = channelsOf(x) * expansion;
  const names = expansion === 1 ? ['', 'dw_conv', 'pw_conv'] : ['conv1', 'conv2', 'conv3'];
  let y = expansion === 1 ? x : convSwish(net, `${key}.${names[0]}`, x, inner, { kernel: 1 });
  y = convSwish(net, `${key}.${names[1]}`, y, inner, { kernel, stride, groups: inner });
  y = gate(net, `${key}.se`, y, Math.max(1, Math.floor(channelsOf(x) / SQUEEZE)));
  y = convBn(net, `${key}.${names[2]}`, y, width, { kernel: 1 });
  return stride === 1 && channelsOf(x) === width ? net.graph.add(`${key}.sum`, y, x) : y;
}

/** Squeeze and excitation: channels weighed by what their means say. (Hu et al.) */
function gate(net: NetworkBuilder, key: string, x: Value, squeezed: number): Value {
  let y = net.graph.spatialMean(`${key}.pool`, x);
  y = net.conv(`${key}.conv1`, y, squeezed, { kernel: 1, bias: true });
  y = net.conv(`${key}.conv2`, net.graph.swish(`${key}.activ`, y), channelsOf(x), { kernel: 1, bias: true });
  return net.graph.multiply(`${key}.gated`, x, net.graph.sigmoid(`${key}.sigmoid`, y));
}

function convSwish(net: NetworkBuilder, key: string, x: Value, width: number, options: LayerOptions): Value {
  return net.graph.swish(`${key}.activ`, convBn(net, key, x, width, options));
}

function convBn(net: NetworkBuilder, key: string, x: Value, width: number, options: LayerOptions): Value {
  const [, , height, columns] = x.shape.map(Number);
  const padding = samePadding(height, columns, Number(options.kernel), options.stride ?? 1);
  return net.batchNorm(`${key}.bn`, net.conv(`${key}.conv`, x, width, { ...options, padding }));
}
