import { type NodeProto, TensorProto_DataType, ValueInfoProto } from './gen/onnx/onnx.js';
import type { GraphIndex } from './graph-index.js';
import { type Dimension, tensorSignature } from './graph-signature.js';
import { intAttribute } from './node-attributes.js';
import { valueInfo } from './proto-parts.js';

const { BOOL, FLOAT, INT64, UINT8 } = TensorProto_DataType;

/** Operators whose result has as many axes as their input. */
const KEEP_RANK = new Set(
  `Add AveragePool BatchNormalization Cast Ceil Clip Concat Conv ConvTranspose DepthToSpace DequantizeLinear Div Dropout Elu Equal
  Erf Exp Floor Gelu GlobalAveragePool GlobalMaxPool Greater HardSigmoid HardSwish Identity InstanceNormalization LRN LeakyRelu Less Log
  LogSoftmax Max MaxPool Min Mish Mul Neg PRelu Pad Pow QuantizeLinear Relu Resize Sigmoid Slice Softmax Softplus Sqrt Sub Tanh
  Transpose Upsample`.split(/\s+/),
);

/** Operators whose result always has two axes. */
const MATRIX_RESULT = new Set(['Flatten', 'Gemm']);
const BOOLEAN_RESULT = new Set(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Not']);
const INDEX_RESULT = new Set(['ArgMax', 'ArgMin', 'NonZero', 'Shape', 'Size']);

/**
 * How to declare a tensor inside a graph as an output: as the file describes it, else with the element type and number of axes
 * that follow from the operators before it. Sizes get symbols, the first that of the batch; without a known number of axes the
 * shape is left out, which ONNX Runtime works out and strict checkers refuse.
 */
export function innerValueInfo(index: GraphIndex, name: string): ValueInfoProto {
  const described = describedValue(index, name);
  if (described) return described;
  const rank = rankOf(index, name);
  const elemType = elementTypeOf(index, name);
  if (rank === undefined) {
    return ValueInfoProto.fromPartial({ name, type: { value: { $case: 'tensorType', value: { elemType } } } });
  }
  const sizes = Array.from({ length: rank }, (_, axis): Dimension => `${name}.${axis}`);
  return valueInfo(name, elemType, rank > 1 ? [batchOf(index), ...sizes.slice(1)] : sizes);
}

function describedValue({ graph }: GraphIndex, name: string): ValueInfoProto | undefined {
  return [...graph.valueInfo, ...graph.input, ...graph.output].find((info) => info.name === name && info.type);
}

/** How many axes a tensor has, by the operators before it where the file does not say; undefined where nothing tells. */
export function rankOf(index: GraphIndex, name: string): number | undefined {
  const described = describedValue(index, name);
  if (described) return tensorSignature(described).shape.length || undefined;
  const constant = index.constant(name);
  if (constant) return constant.dims.length;
  const producer = index.producer(name);
  if (!producer) return undefined;
  if (MATRIX_RESULT.has(producer.opType ?? '')) return 2;
  return KEEP_RANK.has(producer.opType ?? '') ? rankOf(index, flowingInput(producer, index)) : undefined;
}

/** Element type of a tensor, by the operators before it where the file does not say; float32 where nothing tells. */
export function elementTypeOf(index: GraphIndex, name: string): number {
  const type = describedValue(index, name)?.type?.value;
  if (type?.$case === 'tensorType') return type.value.elemType ?? FLOAT;
  const constant = index.constant(name);
  if (constant) return constant.dataType ?? FLOAT;
  const producer = index.producer(name);
  if (!producer) return FLOAT;
  const { opType = '', input } = producer;
  if (BOOLEAN_RESULT.has(opType)) return BOOL;
  if (INDEX_RESULT.has(opType)) return INT64;
  if (opType === 'Cast') return intAttribute(producer, 'to', FLOAT);
  if (opType === 'QuantizeLinear') return index.constant(input[2])?.dataType ?? UINT8;
  return elementTypeOf(index, opType === 'DequantizeLinear' ? input[1] : flowingInput(producer, index));
}

/** The input that comes from the image rather than from a weight. */
function flowingInput({ input }: NodeProto, index: GraphIndex): string {
  return input.find((name) => name !== '' && !index.constant(name)) ?? input[0] ?? '';
}

function batchOf({ graph }: GraphIndex): Dimension {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const [input] = graph.input.filter(({ name }) => !constants.has(name)).map(tensorSignature);
  return input?.shape[0] ?? 'batch';
}
