/** Elements of a tensor by ONNX Runtime's name of their type; `bool` is 0 or 1, `float16` the bits of IEEE 754 halves. */
export interface TensorData {
  readonly bool: Uint8Array;
  readonly uint8: Uint8Array;
  readonly uint16: Uint16Array;
  readonly uint32: Uint32Array;
  readonly uint64: BigUint64Array;
  readonly int8: Int8Array;
  readonly int16: Int16Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly float16: Uint16Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  /** Text that ends at the first NUL, where ONNX Runtime would cut it. */
  readonly string: readonly string[];
}

export type TensorType = keyof TensorData;

/** A tensor as a session takes and gives it, row-major; of pictures or numbers unless other types are named. */
export type SessionTensor<Type extends TensorType = 'float32' | 'uint8'> = {
  readonly [T in Type]: { readonly type: T; readonly dims: readonly number[]; readonly data: TensorData[T] };
}[Type];

/** A tensor of any type. */
export type AnyTensor = SessionTensor<TensorType>;
