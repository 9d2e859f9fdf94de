import { withConstantWeights, withoutUnusedWeights } from './constant-weights.js';
import { type ModelProto, type NodeProto, type TensorProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { GraphIndex } from './graph-index.js';
import { GraphNames } from './graph-names.js';
import { graphOf } from './graph-signature.js';
import { floatAttribute, intAttribute } from './node-attributes.js';
import { floatTensor } from './proto-parts.js';
import { floatValues, tensorShape } from './tensor-values.js';

export interface FoldOptions {
  /**
   * Write the folded weights over the given model's, which must not be used afterwards: memory then grows by one tensor
   * instead of by all of them. Off unless said otherwise.
   */
  readonly consume?: boolean;
}

/** A convolution and the batch normalisation that alone reads it. */
interface Pair {
  readonly conv: NodeProto;
  readonly norm: NodeProto;
  readonly weight: TensorProto;
  readonly bias?: TensorProto;
  readonly channels: ChannelAffine;
}

/** What a batch normalisation does to channel c: value × scale[c] + shift[c]. */
interface ChannelAffine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * Folds every batch normalisation that alone reads a convolution or transposed convolution into that layer's weights (in
 * float64, rounded once), and drops the initialisers nobody needs any more. Others stay: those before a convolution, and those
 * behind one whose output is used elsewhere too.
 */
export function foldBatchNorm(model: ModelProto, { consume = false }: FoldOptions = {}): ModelProto {
  const constant = withConstantWeights(model);
  const graph = graphOf(constant);
  const index = new GraphIndex(graph);
  const names = new GraphNames(graph);
  const replaced = new Map<NodeProto, NodeProto | undefined>();
  const folded: TensorProto[] = [];
  const gone = new Set<string>();
  for (const norm of graph.node) {
    const pair = pairOf(norm, index);
    if (!pair) continue;
    const { conv } = pair;
    // A weight that other layers use keeps its values for them.
    const own = consume && index.consumers(conv.input[1]).length === 1;
    const weight = floatTensor(
      names.claim(`${conv.input[1]}.folded`),
      tensorShape(pair.weight),
      scaledWeight(pair, own),
    );
    const bias = floatTensor(
      names.claim(`${conv.input[1]}.folded.bias`),
      [pair.channels.scale.length],
      foldedBias(pair),
    );
    folded.push(weight, bias);
    gone.add(conv.output[0]);
    replaced.set(conv, {
      ...conv,
      input: [conv.input[0], weight.name ?? '', bias.name ?? ''],
      output: [norm.output[0]],
    });
    replaced.set(norm, undefined);
  }
  return withoutUnusedWeights({
    ...constant,
    graph: {
      ...graph,
      node: graph.node.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : node)),
      initializer: [...graph.initializer, ...folded],
      valueInfo: graph.valueInfo.filter(({ name = '' }) => !gone.has(name)),
    },
  });
}

function pairOf(norm: NodeProto, index: GraphIndex): Pair | undefined {
  if (norm.opType !== 'BatchNormalization' || !isInference(norm)) return undefined;
  const conv = index.producer(norm.input[0]);
  if (!conv || !['Conv', 'ConvTranspose'].includes(conv.opType ?? '')) return undefined;
  if (index.soleConsumer(conv.output[0]) !== norm) return undefined;
  const weight = float32Constant(conv.input[1], index);
  const bias = conv.input[2] ? float32Constant(conv.input[2], index) : undefined;
  const [gamma, beta, mean, variance] = norm.input.slice(1).map((name) => float32Constant(name, index));
  if (!weight || !gamma || !beta || !mean || !variance || (conv.input[2] && !bias)) return undefined;
  return { conv, norm, weight, bias, channels: channelAffine(norm, gamma, beta, mean, variance) };
}

/** Not training, not one statistic per pixel (which operator sets below 9 could say). */
function isInference(norm: NodeProto): boolean {
  const outputs = norm.output.filter((name) => name !== '').length;
  return outputs === 1 && intAttribute(norm, 'training_mode', 0) === 0 && intAttribute(norm, 'spatial', 1) === 1;
}

function float32Constant(name: string, index: GraphIndex): TensorProto | undefined {
  const tensor = index.constant(name);
  return tensor?.dataType === TensorProto_DataType.FLOAT ? tensor : undefined;
}

function channelAffine(
  norm: NodeProto,
  ...[gamma, beta, mean, variance]: readonly [TensorProto, TensorProto, TensorProto, TensorProto]
): ChannelAffine {
  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const [gammas, betas, means, variances] = [gamma, beta, mean, variance].map(floatValues);
  const scale = Float64Array.from(gammas, (value, c) => value / Math.sqrt(variances[c] + epsilon));
  return { scale, shift: Float64Array.from(betas, (value, c) => value - means[c] * scale[c]) };
}

function foldedBias({ bias, channels: { scale, shift } }: Pair): Float32Array {
  const given = bias && floatValues(bias);
  return Float32Array.from(scale, (factor, c) => (given?.[c] ?? 0) * factor + shift[c]);
}

/** Weight × scale of its output channel; over the given values if they are this layer's own. */
function scaledWeight({ conv, weight, channels: { scale } }: Pair, own: boolean): Float32Array {
  const values = floatValues(weight);
  const scaled = own ? values : new Float32Array(values.length);
  const [first, second, ...kernel] = tensorShape(weight);
  const area = kernel.reduce((product, size) => product * size, 1);
  // [out, in ÷ groups, …] for a convolution, [in, out ÷ groups, …] for a transposed one.
  const transposed = conv.opType === 'ConvTranspose';
  const inputsPerGroup = first / intAttribute(conv, 'group', 1);
  for (let i = 0, at = 0; i < first; i += 1) {
    for (let j = 0; j < second; j += 1) {
      const factor = scale[transposed ? Math.floor(i / inputsPerGroup) * second + j : i];
      for (const end = at + area; at < end; at += 1) scaled[at] = values[at] * factor;
    }
  }
  return scaled;
}
