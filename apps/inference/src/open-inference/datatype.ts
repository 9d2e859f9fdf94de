import { DataType, type InferTensorContents } from '@resmask/contracts/open-inference';
import type { TensorData, TensorType } from '@resmask/runtime';

/** Types whose elements have a fixed size. */
export type FixedType = Exclude<TensorType, 'string'>;

type FixedData = TensorData[FixedType];

/** How the protocol names a type of elements and writes them. */
export interface Datatype {
  /** Name in requests and metadata. */
  readonly name: string;
  /** Name in model configurations. */
  readonly config: DataType;
  /** The field of `contents` its elements may come in; undefined where only raw bytes are allowed. */
  readonly contents: keyof InferTensorContents | undefined;
}

/** Bytes of an element, and how an array of them is laid over a buffer. */
export interface FixedLayout {
  readonly bytes: number;
  readonly View: new (buffer: ArrayBuffer, byteOffset: number, length: number) => FixedData;
}

export const DATATYPES: Readonly<Record<TensorType, Datatype>> = {
  bool: { name: 'BOOL', config: DataType.TYPE_BOOL, contents: 'boolContents' },
  uint8: { name: 'UINT8', config: DataType.TYPE_UINT8, contents: 'uintContents' },
  uint16: { name: 'UINT16', config: DataType.TYPE_UINT16, contents: 'uintContents' },
  uint32: { name: 'UINT32', config: DataType.TYPE_UINT32, contents: 'uintContents' },
  uint64: { name: 'UINT64', config: DataType.TYPE_UINT64, contents: 'uint64Contents' },
  int8: { name: 'INT8', config: DataType.TYPE_INT8, contents: 'intContents' },
  int16: { name: 'INT16', config: DataType.TYPE_INT16, contents: 'intContents' },
  int32: { name: 'INT32', config: DataType.TYPE_INT32, contents: 'intContents' },
  int64: { name: 'INT64', config: DataType.TYPE_INT64, contents: 'int64Contents' },
  float16: { name: 'FP16', config: DataType.TYPE_FP16, contents: undefined },
  float32: { name: 'FP32', config: DataType.TYPE_FP32, contents: 'fp32Contents' },
  float64: { name: 'FP64', config: DataType.TYPE_FP64, contents: 'fp64Contents' },
  string: { name: 'BYTES', config: DataType.TYPE_STRING, contents: 'bytesContents' },
};

export const LAYOUTS: Readonly<Record<FixedType, FixedLayout>> = {
  bool: { bytes: 1, View: Uint8Array },
  uint8: { bytes: 1, View: Uint8Array },
  uint16: { bytes: 2, View: Uint16Array },
  uint32: { bytes: 4, View: Uint32Array },
  uint64: { bytes: 8, View: BigUint64Array },
  int8: { bytes: 1, View: Int8Array },
  int16: { bytes: 2, View: Int16Array },
  int32: { bytes: 4, View: Int32Array },
  int64: { bytes: 8, View: BigInt64Array },
  float16: { bytes: 2, View: Uint16Array },
  float32: { bytes: 4, View: Float32Array },
  float64: { bytes: 8, View: Float64Array },
};
