import { DomainError } from '@resmask/errors';
import { type TensorProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { isExternal } from './internal-data.js';

/** Sizes of a stored tensor, outermost axis first. */
export function tensorShape({ dims }: TensorProto): number[] {
  return dims.map(Number);
}

/**
 * A floating-point tensor as float32, whatever way it is stored; a view of its bytes where that is possible.
 * @throws DomainError WEIGHTS_INVALID for other element types, and for weights that lie in another file.
 */
export function floatValues(tensor: TensorProto): Float32Array {
  const { dataType, name } = tensor;
  if (isExternal(tensor))
    throw new DomainError('WEIGHTS_INVALID', `tensor "${name}" lies in another file; read it first`);
  const raw = tensor.rawData && tensor.rawData.byteLength > 0 ? tensor.rawData : undefined;
  switch (dataType) {
    case TensorProto_DataType.FLOAT:
      return raw ? new Float32Array(...aligned(raw, 4)) : Float32Array.from(tensor.floatData);
    case TensorProto_DataType.DOUBLE:
      return Float32Array.from(raw ? new Float64Array(...aligned(raw, 8)) : tensor.doubleData);
    case TensorProto_DataType.FLOAT16:
      return Float32Array.from(new Float16Array(...aligned(raw ?? halves(tensor), 2)));
    case TensorProto_DataType.BFLOAT16:
      return fromBfloat16(new Uint16Array(...aligned(raw ?? halves(tensor), 2)));
    default:
      throw new DomainError(
        'WEIGHTS_INVALID',
        `tensor "${name}" has element type ${dataType}; it should be a floating-point one`,
      );
  }
}

/** Whether a tensor's elements are of a type that `floatValues` reads. */
export function isFloating({ dataType }: TensorProto): boolean {
  const { FLOAT, DOUBLE, FLOAT16, BFLOAT16 } = TensorProto_DataType;
  return [FLOAT, DOUBLE, FLOAT16, BFLOAT16].includes(dataType ?? 0);
}

/**
 * A tensor of whole numbers of 8 to 64 bits, whatever way it is stored.
 * @throws DomainError WEIGHTS_INVALID for other element types, and for tensors that lie in another file.
 */
export function integerValues(tensor: TensorProto): number[] {
  const { dataType, name, int32Data, int64Data, rawData } = tensor;
  if (isExternal(tensor))
    throw new DomainError('WEIGHTS_INVALID', `tensor "${name}" lies in another file; read it first`);
  const raw = rawData && rawData.byteLength > 0 ? rawData : undefined;
  switch (dataType) {
    case TensorProto_DataType.INT64:
      return Array.from(raw ? new BigInt64Array(...aligned(raw, 8)) : int64Data, Number);
    case TensorProto_DataType.INT32:
      return Array.from(raw ? new Int32Array(...aligned(raw, 4)) : int32Data);
    case TensorProto_DataType.INT16:
      return Array.from(raw ? new Int16Array(...aligned(raw, 2)) : int32Data);
    case TensorProto_DataType.UINT16:
      return Array.from(raw ? new Uint16Array(...aligned(raw, 2)) : int32Data);
    case TensorProto_DataType.INT8:
      return Array.from(raw ? new Int8Array(...aligned(raw, 1)) : int32Data);
    case TensorProto_DataType.UINT8:
      return Array.from(raw ?? int32Data);
    default:
      throw new DomainError('WEIGHTS_INVALID', `tensor "${name}" has element type ${dataType}, no whole numbers`);
  }
}

/** Buffer, offset and length for a view of elements of that size; of a copy where the bytes lie askew. */
function aligned(bytes: Uint8Array, size: number): [ArrayBufferLike, number, number] {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  return [buffer, byteOffset, Math.floor(byteLength / size)];
}

/** Sixteen-bit types without raw bytes keep one element in each int32. */
function halves({ int32Data }: TensorProto): Uint8Array {
  return new Uint8Array(Uint16Array.from(int32Data).buffer);
}

/** bfloat16 is the upper half of float32. */
function fromBfloat16(values: Uint16Array): Float32Array {
  const bits = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i += 1) bits[i] = values[i] << 16;
  return new Float32Array(bits.buffer);
}
