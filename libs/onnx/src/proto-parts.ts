import {
  AttributeProto,
  AttributeProto_AttributeType,
  NodeProto,
  TensorProto,
  TensorProto_DataType,
  ValueInfoProto,
} from './gen/onnx/onnx.js';
import type { Dimension } from './graph-signature.js';

/** Attribute values a node takes here: whole numbers are ints, other numbers need `float()`. */
export type AttributeValue = number | readonly number[] | string | FloatAttribute | TensorAttribute;

export interface FloatAttribute {
  readonly float: number;
}

export interface TensorAttribute {
  readonly tensor: TensorProto;
}

const TEXT = new TextEncoder();

export function node(
  opType: string,
  name: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): NodeProto {
  return NodeProto.fromPartial({
    opType,
    name,
    input: [...input],
    output: [...output],
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  });
}

export function floatTensor(name: string, shape: readonly number[], data: Float32Array): TensorProto {
  // ONNX raw data is little-endian, as is every platform ONNX Runtime's Node binding exists for.
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return tensorProto(name, shape, TensorProto_DataType.FLOAT, rawData);
}

export function int64Tensor(name: string, values: readonly number[]): TensorProto {
  const data = BigInt64Array.from(values, BigInt);
  return tensorProto(name, [values.length], TensorProto_DataType.INT64, new Uint8Array(data.buffer));
}

export function valueInfo(name: string, elemType: TensorProto_DataType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((dimension) => ({
    value:
      typeof dimension === 'number'
        ? ({ $case: 'dimValue', value: BigInt(dimension) } as const)
        : ({ $case: 'dimParam', value: dimension } as const),
  }));
  return ValueInfoProto.fromPartial({
    name,
    type: { value: { $case: 'tensorType', value: { elemType, shape: { dim } } } },
  });
}

export function tensorProto(
  name: string,
  shape: readonly number[],
  dataType: TensorProto_DataType,
  rawData: Uint8Array,
): TensorProto {
  // Not fromPartial: it would copy the weights.
  return { ...TensorProto.fromPartial({ name, dims: shape.map(BigInt), dataType }), rawData };
}

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'number') {
    return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.STRING, s: TEXT.encode(value) });
  }
  if ('float' in value) {
    return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  }
  if ('tensor' in value) {
    return { ...AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.TENSOR }), t: value.tensor };
  }
  return AttributeProto.fromPartial({ name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}
