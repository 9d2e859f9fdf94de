import { type NodeProto, TensorProto_DataType } from '../gen/onnx/onnx.js';
import type { GraphIndex } from '../graph-index.js';
import { elementTypeOf } from '../inner-value-info.js';
import { floatAttribute, intAttribute } from '../node-attributes.js';
import { weightLayout } from './weight-layout.js';

const { FLOAT } = TensorProto_DataType;

/**
 * What becomes of an operator between bytes:
 * `weighted` multiplies by int8 weights, `computed` has an integer kernel of its own, `moved` only rearranges or selects, so that its
 * result keeps its input's scale, and `clipping` is what the bytes' limits do when it follows one of the others.
 */
export type IntegerKind = 'weighted' | 'computed' | 'moved' | 'clipping';

/** Operators ONNX Runtime's CPU provider has integer kernels for; everything else stays in float32. */
const KINDS: Readonly<Record<string, IntegerKind>> = {
  Conv: 'weighted',
  Gemm: 'weighted',
  MatMul: 'weighted',
  Add: 'computed',
  Mul: 'computed',
  Concat: 'computed',
  Sigmoid: 'computed',
  LeakyRelu: 'computed',
  Softmax: 'computed',
  GlobalAveragePool: 'computed',
  AveragePool: 'computed',
  MaxPool: 'moved',
  DepthToSpace: 'moved',
  Flatten: 'moved',
  Reshape: 'moved',
  Transpose: 'moved',
  Squeeze: 'moved',
  Unsqueeze: 'moved',
  Identity: 'moved',
  Dropout: 'moved',
  Relu: 'clipping',
  Clip: 'clipping',
};

/** Inputs that are activations; the others are weights, or say how (shapes, axes, limits). */
export function activationInputs({ opType = '', input }: NodeProto): readonly string[] {
  return ['Add', 'Mul', 'Concat'].includes(opType) ? input : input.slice(0, 1);
}

/** The kind of a node; undefined for what stays in float32. */
export function integerKind(node: NodeProto, index: GraphIndex): IntegerKind | undefined {
  const { opType = '', domain = '', output } = node;
  const kind = domain === '' && Object.hasOwn(KINDS, opType) ? KINDS[opType] : undefined;
  if (output.filter((name) => name !== '').length !== 1) return undefined;
  if (activationInputs(node).some((name) => index.constant(name) || elementTypeOf(index, name) !== FLOAT))
    return undefined;
  return kind === 'weighted' && !hasIntegerForm(node, index) ? undefined : kind;
}

function hasIntegerForm(node: NodeProto, index: GraphIndex): boolean {
  const { opType, input } = node;
  const weight = index.constant(input[1]);
  if (weight?.dataType !== FLOAT) return false;
  if (opType !== 'Conv' && weight.dims.length !== 2) return false;
  const bias = input[2] ? index.constant(input[2]) : undefined;
  const isPerChannel = bias?.dataType === FLOAT && `${bias.dims}` === `${weightLayout(node, weight).channels}`;
  if (input[2] && !isPerChannel) return false;
  return opType !== 'Gemm' || isPlainProduct(node);
}

function isPlainProduct(node: NodeProto): boolean {
  return (
    ['alpha', 'beta'].every((name) => floatAttribute(node, name, 1) === 1) && intAttribute(node, 'transA', 0) === 0
  );
}
