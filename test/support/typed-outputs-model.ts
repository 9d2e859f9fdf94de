import { decodeModel, encodeModel } from '@resmask/onnx';
import type { TensorType } from '@resmask/runtime';
import { TensorProto_DataType as Type } from '../../libs/onnx/src/gen/onnx/onnx.js';
import { node, valueInfo } from '../../libs/onnx/src/proto-parts.js';
import { tinyModel } from './tiny-model.js';

/** ONNX's numbers of the types a session can take and give. */
export const ONNX_TYPES: Readonly<Record<TensorType, Type>> = {
  bool: Type.BOOL,
  uint8: Type.UINT8,
  uint16: Type.UINT16,
  uint32: Type.UINT32,
  uint64: Type.UINT64,
  int8: Type.INT8,
  int16: Type.INT16,
  int32: Type.INT32,
  int64: Type.INT64,
  float16: Type.FLOAT16,
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  string: Type.STRING,
};

/** The tiny classifier, whose logits also come as every other type: outputs `as_bool`, `as_uint8` and so on. */
export function typedOutputsModel(seed = 1): Buffer {
  const model = decodeModel(tinyModel(seed));
  for (const [name, type] of Object.entries(ONNX_TYPES)) {
    model.graph?.node.push(node('Cast', `cast_${name}`, ['logits'], [`as_${name}`], { to: type }));
    model.graph?.output.push(valueInfo(`as_${name}`, type, ['batch', 2]));
  }
  return Buffer.from(encodeModel(model));
}
