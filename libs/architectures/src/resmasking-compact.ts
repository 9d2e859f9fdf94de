import { GraphBuilder, type Value } from '@resmask/onnx';
import type { Architecture } from './architecture.js';
import { EXPRESSION_LABELS } from './expression-labels.js';
import { batchNormTensors, type WeightSource } from './weight-source.js';

const BATCH_NORM_EPSILON = 1e-5;
const SIDE = 48;
const STEM_WIDTHS = [16, 24];

/** Per stage: its width, the stride of each residual block, and the widths of the masking block, top level first. */
const STAGES = [
  { width: 24, strides: [1], maskWidths: [24, 32, 48, 56] },
  { width: 48, strides: [2], maskWidths: [48, 72, 96] },
  { width: 96, strides: [2, 1], maskWidths: [96, 144] },
  { width: 192, strides: [2, 1], maskWidths: [192] },
] as const;

const FEATURES = 192;

/**
 * The small Residual Masking Network: four residual stages, each output x refined to x · (1 + M(x)) by a U-shaped masking
 * block M that ends in a 1×1 convolution and a sigmoid, as Fig. 2b of Pham, Vu and Tran draws it.
 * Input [batch, 1, 48, 48] grey in [0, 1], output [batch, 7] logits.
 */
function build(weights: WeightSource): GraphBuilder {
  const graph = new GraphBuilder('resmasking-compact');
  const net = new CompactLayers(graph, weights);
  let x = graph.input('input', ['batch', 1, SIDE, SIDE]);
  for (const [i, width] of STEM_WIDTHS.entries()) x = net.convBnRelu(`stem.${i}`, x, width, 3);
  x = graph.maxPool('stem.pool', x, { kernel: 2, stride: 2 });
  for (const [stage, { width, strides, maskWidths }] of STAGES.entries()) {
    for (const [block, stride] of strides.entries()) x = net.residual(`stages.${stage}.${block}`, x, width, stride);
    const mask = net.mask(`masks.${stage}`, x, maskWidths);
    // x + x · M(x), which is x · (1 + M(x)) without a constant.
    x = graph.add(`refined.${stage}`, x, graph.multiply(`masked.${stage}`, x, mask));
  }
  const classes = EXPRESSION_LABELS.length;
  const weight = weights.take('fc.weight', [classes, FEATURES]);
  const bias = weights.take('fc.bias', [classes]);
  graph.output('logits', graph.linear('fc', graph.globalAveragePool('pool', x), weight, bias));
  return graph;
}

class CompactLayers {
  constructor(
    readonly graph: GraphBuilder,
    readonly weights: WeightSource,
  ) {}

  /** kernel×kernel convolution without bias, padding ⌊kernel/2⌋, batch normalisation. */
  convBn(name: string, x: Value, width: number, kernel: number, stride = 1): Value {
    const weight = this.weights.take(`${name}.0.weight`, [width, channels(x), kernel, kernel]);
    const padding = Math.floor(kernel / 2);
    const convolved = this.graph.conv(`${name}.0`, x, weight, undefined, { stride, padding });
    const normalisation = batchNormTensors(this.weights, `${name}.1`, width);
    return this.graph.batchNorm(`${name}.1`, convolved, normalisation, BATCH_NORM_EPSILON);
  }

  convBnRelu(name: string, x: Value, width: number, kernel: number, stride = 1): Value {
    return this.graph.relu(`${name}.relu`, this.convBn(name, x, width, kernel, stride));
  }

  /** ReLU(b(a(x)) + short(x)); the shortcut is a 1×1 convolution where stride or width change. */
  residual(name: string, x: Value, width: number, stride = 1): Value {
    const inner = this.convBn(`${name}.b`, this.convBnRelu(`${name}.a`, x, width, 3, stride), width, 3);
    const changes = stride !== 1 || width !== channels(x);
    const short = changes ? this.convBn(`${name}.short`, x, width, 1, stride) : x;
    return this.graph.relu(`${name}.relu`, this.graph.add(`${name}.sum`, inner, short));
  }

  /** U-shaped masking block: pool and widen level by level, come back by transposed convolutions that add the skips. */
  mask(name: string, x: Value, widths: readonly number[]): Value {
    const skips: Value[] = [];
    let y = x;
    for (const [level, width] of widths.slice(1).entries()) {
      skips.push(y);
      const pooled = this.graph.maxPool(`${name}.pool.${level}`, y, { kernel: 2, stride: 2 });
      y = this.residual(`${name}.down.${level}`, pooled, width);
    }
    for (const [step, skip] of skips.reverse().entries()) {
      const width = channels(skip);
      const joined = this.graph.add(`${name}.join.${step}`, this.up(`${name}.up.${step}`, y, width), skip);
      y = this.convBnRelu(`${name}.fuse.${step}`, joined, width, 3);
    }
    const weight = this.weights.take(`${name}.out.weight`, [widths[0], widths[0], 1, 1]);
    y = this.graph.conv(`${name}.out`, y, weight, this.weights.take(`${name}.out.bias`, [widths[0]]));
    return this.graph.sigmoid(`${name}.sigmoid`, y);
  }

  up(name: string, x: Value, width: number): Value {
    const weight = this.weights.take(`${name}.weight`, [channels(x), width, 2, 2]);
    return this.graph.convTranspose(name, x, weight, this.weights.take(`${name}.bias`, [width]));
  }
}

function channels({ shape }: Value): number {
  return Number(shape[1]);
}

export const resmaskingCompact: Architecture = {
  name: 'resmasking-compact',
  summary: 'small Residual Masking Network, 48×48 grey, 7 expressions',
  spec: {
    architecture: 'resmasking-compact',
    input: {
      tensor: 'input',
      source: 'gray',
      planes: 1,
      height: SIDE,
      width: SIDE,
      resize: 'stretch',
      cropMargin: 1.1,
      layout: 'NCHW',
      type: 'float32',
      scale: 1 / 255,
      mean: [],
      std: [],
    },
    output: { task: 'expression', tensor: 'logits', values: 'logits', labels: [...EXPRESSION_LABELS] },
  },
  build,
};
