import { type Tensor, transpose } from '@resmask/tensor';
import { type NodeProto, type TensorProto, TensorProto_DataType } from '../gen/onnx/onnx.js';
import type { GraphIndex } from '../graph-index.js';
import { intAttribute, intsAttribute } from '../node-attributes.js';
import { floatValues, integerValues, isFloating, tensorShape } from '../tensor-values.js';
import { standardProducer } from './pass-through.js';

/**
 * A tensor that is stored in the graph or comes of stored ones alone: through a cast (of halved weights), DequantizeLinear (of
 * quantised ones) or a transposition; undefined for what depends on the image.
 * @throws DomainError WEIGHTS_INVALID for weights that lie in another file.
 */
export function constantTensor(index: GraphIndex, name: string): Tensor | undefined {
  const stored = index.constant(name);
  if (stored) return isFloating(stored) ? { shape: tensorShape(stored), data: floatValues(stored) } : undefined;
  const producer = standardProducer(index, name);
  switch (producer?.opType) {
    case 'Identity':
    case 'Cast':
      return constantTensor(index, producer.input[0]);
    case 'Transpose':
      return transposed(producer, constantTensor(index, producer.input[0]));
    case 'DequantizeLinear':
      return dequantized(producer, index) ?? quantizedOnTheWay(producer, index);
    default:
      return undefined;
  }
}

/** Whole numbers that are stored in the graph, such as axes and indices. */
export function constantIntegers(index: GraphIndex, name: string): number[] | undefined {
  const stored = index.constant(name);
  const values = stored?.dataType === TensorProto_DataType.INT64 || stored?.dataType === TensorProto_DataType.INT32;
  return stored && values ? integerValues(stored) : undefined;
}

function transposed(producer: NodeProto, tensor: Tensor | undefined): Tensor | undefined {
  return tensor && transpose(tensor, intsAttribute(producer, 'perm') ?? tensor.shape.map((_, axis) => axis).reverse());
}

/** (stored − zero point) × scale, with one scale for all or one for each place along an axis. */
function dequantized(producer: NodeProto, index: GraphIndex): Tensor | undefined {
  const [stored, scale, zeroPoint] = producer.input.map((name) => index.constant(name));
  if (!stored || !scale || !isFloating(scale) || scale.dims.length > 1) return undefined;
  const shape = tensorShape(stored);
  const axis = intAttribute(producer, 'axis', 1);
  const inner = shape.slice(((axis + shape.length) % shape.length) + 1).reduce((product, size) => product * size, 1);
  const [scales, values, zeros] = [floatValues(scale), integers(stored), zeroPoint && integers(zeroPoint)];
  if (!values) return undefined;
  const place = (i: number): number => (scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length);
  return {
    shape,
    data: Float32Array.from(values, (value, i) => (value - (zeros?.[place(i)] ?? 0)) * scales[place(i)]),
  };
}

/** A stored tensor that goes through QuantizeLinear first, before rounding: quantising tools leave some constants so. */
function quantizedOnTheWay({ input: [name] }: NodeProto, index: GraphIndex): Tensor | undefined {
  const producer = standardProducer(index, name);
  return producer?.opType === 'QuantizeLinear' ? constantTensor(index, producer.input[0]) : undefined;
}

function integers(tensor: TensorProto): number[] | undefined {
  const { INT8, UINT8, INT16, UINT16, INT32 } = TensorProto_DataType;
  const isPlain = [INT8, UINT8, INT16, UINT16, INT32].includes(tensor.dataType ?? 0);
  return isPlain ? integerValues(tensor) : undefined;
}
