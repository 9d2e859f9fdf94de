import { withConstantWeights, withoutUnusedWeights } from './constant-weights.js';
import { type ModelProto, type NodeProto, type TensorProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { GraphIndex } from './graph-index.js';
import { GraphNames } from './graph-names.js';
import { graphOf } from './graph-signature.js';
import { intAttribute, intsAttribute, textAttribute } from './node-attributes.js';
import { floatTensor, node } from './proto-parts.js';
import { floatValues, tensorShape } from './tensor-values.js';

/** What may change places with a rearrangement of pixels, because it looks at one value at a time. */
const POINTWISE = new Set(['Relu', 'LeakyRelu', 'Sigmoid', 'Clip']);

/**
 * Writes each transposed convolution whose kernel is as large as its stride as a 1×1 convolution and DepthToSpace: its windows do not
 * overlap, so every output pixel is a matrix product of one input pixel. The numbers are the same, and there are integer kernels for
 * both. An activation that alone follows moves between them, next to the convolution.
 */
export function withShuffledConvolutions(model: ModelProto): ModelProto {
  const constant = withConstantWeights(model);
  const graph = graphOf(constant);
  const index = new GraphIndex(graph);
  const names = new GraphNames(graph);
  const replaced = new Map<NodeProto, readonly NodeProto[]>();
  const added: TensorProto[] = [];
  for (const transposed of graph.node) {
    const block = blockOf(transposed, index);
    if (block === undefined) continue;
    const { name = '', input, output } = transposed;
    const next = index.soleConsumer(output[0]);
    const activation = next && POINTWISE.has(next.opType ?? '') && next.input[0] === output[0] ? next : undefined;
    const inputs = [input[0], ...parametersOf(transposed, index, names, block, added)];
    const channels = names.claim(`${output[0]}.channels`);
    const nodes = [node('Conv', names.claim(`${name}.conv`), inputs, [channels], { kernel_shape: [1, 1] })];
    let shuffled = channels;
    if (activation) {
      shuffled = names.claim(`${activation.output[0]}.channels`);
      nodes.push({ ...activation, input: [channels, ...activation.input.slice(1)], output: [shuffled] });
      replaced.set(activation, []);
    }
    const result = activation ? activation.output[0] : output[0];
    nodes.push(node('DepthToSpace', names.claim(`${name}.shuffle`), [shuffled], [result], { blocksize: block }));
    replaced.set(transposed, nodes);
  }
  return withoutUnusedWeights({
    ...constant,
    graph: {
      ...graph,
      node: graph.node.flatMap((found) => replaced.get(found) ?? found),
      initializer: [...graph.initializer, ...added],
    },
  });
}

/** Kernel and stride of a transposed convolution that can be written so; undefined for everything else. */
function blockOf(found: NodeProto, index: GraphIndex): number | undefined {
  const weight = found.opType === 'ConvTranspose' ? index.constant(found.input[1]) : undefined;
  if (weight?.dataType !== TensorProto_DataType.FLOAT) return undefined;
  if (found.input[2] && index.constant(found.input[2])?.dataType !== TensorProto_DataType.FLOAT) return undefined;
  const [, , height, width, ...more] = tensorShape(weight);
  const strides = intsAttribute(found, 'strides') ?? [1, 1];
  const isPlain =
    more.length === 0 &&
    height === width &&
    strides.every((stride) => stride === height) &&
    intAttribute(found, 'group', 1) === 1 &&
    ['pads', 'output_padding'].every((name) => (intsAttribute(found, name) ?? []).every((size) => size === 0)) &&
    (intsAttribute(found, 'dilations') ?? []).every((size) => size === 1) &&
    intsAttribute(found, 'output_shape') === undefined &&
    ['NOTSET', 'VALID'].includes(textAttribute(found, 'auto_pad') ?? 'NOTSET');
  return isPlain ? height : undefined;
}

/** Names of the 1×1 convolution's weight and bias, which are put among the added ones. */
function parametersOf(
  { input }: NodeProto,
  index: GraphIndex,
  names: GraphNames,
  block: number,
  added: TensorProto[],
): string[] {
  return input.slice(1).flatMap((name, position) => {
    const tensor = index.constant(name);
    if (!tensor) return [];
    const [ins, outs] = position === 0 ? tensorShape(tensor) : [0, tensorShape(tensor)[0]];
    const rows = outs * block * block;
    const stored = names.claim(`${name}.shuffled`);
    const values = floatValues(tensor);
    added.push(
      position === 0
        ? floatTensor(stored, [rows, ins, 1, 1], shuffledWeight(values, ins, outs, block * block))
        : floatTensor(
            stored,
            [rows],
            Float32Array.from({ length: rows }, (_, row) => values[row % outs]),
          ),
    );
    return [stored];
  });
}

/** [in, out, block, block] to [(place in the block, out), in], the order DepthToSpace takes channels in. */
function shuffledWeight(values: Float32Array, ins: number, outs: number, places: number): Float32Array {
  const shuffled = new Float32Array(values.length);
  let at = 0;
  for (let i = 0; i < ins; i += 1) {
    for (let o = 0; o < outs; o += 1) {
      for (let place = 0; place < places; place += 1, at += 1) shuffled[(place * outs + o) * ins + i] = values[at];
    }
  }
  return shuffled;
}
