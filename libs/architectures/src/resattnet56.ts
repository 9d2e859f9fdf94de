import type { Value } from '@resmask/onnx';
import { expressionNetwork } from './expression-network.js';
import { channelsOf, type LayerOptions, NetworkBuilder } from './network-builder.js';
import { initBlock, UNIT_WIDTHS } from './residual-unit.js';

/** Of the first three stages: how often the attention's hourglass halves the side. The fourth has residual blocks only. */
const DEPTHS = [3, 2, 1] as const;
const LAST_BLOCKS = 3;
/** Residual blocks of the outermost skip; every other part of the hourglass has one. */
const SKIP_BLOCKS = 2;
const NARROWING = 4;

/** Residual Attention Network of 56 layers. (Wang et al., "Residual Attention Network for Image Classification", Table 2) */
export const resattnet56 = expressionNetwork({
  name: 'resattnet56',
  summary: 'residual attention network of 56 layers',
  published: { millions: 29, why: 'unexplained: 29.78 for 7 classes, 31.81 for 1000' },
  // The hourglass of the first stage halves the side three times after the stem's two.
  sizes: { min: 32, step: 32 },
  build: (weights, options) => {
    const net = new NetworkBuilder('resattnet56', weights, options);
    let x = initBlock(net, net.input());
    for (const [i, published] of UNIT_WIDTHS.entries()) {
      const key = `features.stage${i + 1}`;
      const width = net.wide(published);
      x = residual(net, `${key}.unit1`, x, width, i === 0 ? 1 : 2);
      const depth = DEPTHS[i];
      if (depth) x = attention(net, `${key}.unit2`, x, depth);
      else for (let unit = 2; unit <= LAST_BLOCKS; unit += 1) x = residual(net, `${key}.unit${unit}`, x, width);
      net.tap('stages', `stage${i + 1}`, x);
    }
    x = net.relu('features.post_activ', net.batchNorm('features.post_activ.bn', x));
    net.tap('features', 'features', x);
    return net.finish(net.linear('output', net.graph.globalAveragePool('features.final_pool', x), options.classes));
  },
});

/** Bottleneck whose normalisations and ReLUs come before its convolutions. (He et al., "Identity Mappings") */
function residual(net: NetworkBuilder, key: string, x: Value, width = channelsOf(x), stride = 1): Value {
  const inner = Math.max(1, Math.floor(width / NARROWING));
  const active = normRelu(net, `${key}.body.conv1`, x);
  const changes = stride !== 1 || channelsOf(x) !== width;
  const shortcut = changes ? net.conv(`${key}.identity_conv`, active, width, { kernel: 1, stride }) : x;
  let y = net.conv(`${key}.body.conv1.conv`, active, inner, { kernel: 1 });
  y = preConv(net, `${key}.body.conv2`, y, inner, { kernel: 3, stride, padding: 1 });
  y = preConv(net, `${key}.body.conv3`, y, width, { kernel: 1 });
  return net.graph.add(`${key}.sum`, y, shortcut);
}

/** x refined to (1 + M(x)) · T(x): the trunk T is the hourglass's outermost skip, the mask M what comes out of it. */
function attention(net: NetworkBuilder, key: string, x: Value, depth: number): Value {
  const { graph } = net;
  const start = blocks(net, `${key}.init_blocks.blocks`, x, 1);
  const { out, trunk } = hourglass(net, `${key}.hg`, start, depth);
  let mask = out;
  for (const name of ['conv1', 'conv2'])
    mask = preConv(net, `${key}.middle_block.${name}`, mask, channelsOf(mask), { kernel: 1 });
  mask = graph.sigmoid(`${key}.middle_block.sigmoid`, mask);
  const refined = graph.add(`${key}.refined`, trunk, graph.multiply(`${key}.masked`, trunk, mask));
  return residual(net, `${key}.final_block`, refined);
}

function hourglass(net: NetworkBuilder, key: string, x: Value, depth: number): { out: Value; trunk: Value } {
  const levels = [x];
  for (let level = 1; level <= depth; level += 1) {
    const down = `${key}.down_seq.down${level}`;
    const pooled = net.graph.maxPool(`${down}.pool`, levels[level - 1], { kernel: 3, stride: 2, padding: 1 });
    levels.push(blocks(net, `${down}.res_blocks.blocks`, pooled, 1));
  }
  let out = levels[depth];
  let skip = out;
  for (let level = depth; level >= 1; level -= 1) {
    const up = `${key}.up_seq.up${level}`;
    const enlarged = net.graph.enlarge(`${up}.upsample`, blocks(net, `${up}.res_blocks.blocks`, out, 1), 2);
    const name = `${key}.skip_seq.skip${level}`;
    const from = levels[level - 1];
    skip = level === 1 ? blocks(net, `${name}.blocks`, from, SKIP_BLOCKS) : doubleSkip(net, name, from);
    out = net.graph.add(`${key}.merge${level}`, enlarged, skip);
  }
  return { out, trunk: skip };
}

function doubleSkip(net: NetworkBuilder, key: string, x: Value): Value {
  return net.graph.add(`${key}.sum`, x, residual(net, `${key}.skip1`, x));
}

function blocks(net: NetworkBuilder, key: string, x: Value, count: number): Value {
  let y = x;
  for (let i = 1; i <= count; i += 1) y = residual(net, `${key}.block${i}`, y);
  return y;
}

function preConv(net: NetworkBuilder, key: string, x: Value, width: number, options: LayerOptions): Value {
  return net.conv(`${key}.conv`, normRelu(net, key, x), width, options);
}

function normRelu(net: NetworkBuilder, key: string, x: Value): Value {
  return net.relu(key, net.batchNorm(`${key}.bn`, x));
}
