/** A kind of element as PyTorch calls it, and the classic storage class that holds such elements, where there is one. */
interface DtypeFacts {
  readonly bytes: number;
  readonly torch: string;
  readonly storage?: string;
}

/**
 * Kinds of elements by their safetensors name. Sources: https://github.com/huggingface/safetensors (format),
 * torch/storage.py (the storage classes).
 */
export const DTYPES = {
  F64: { bytes: 8, torch: 'float64', storage: 'DoubleStorage' },
  F32: { bytes: 4, torch: 'float32', storage: 'FloatStorage' },
  F16: { bytes: 2, torch: 'float16', storage: 'HalfStorage' },
  BF16: { bytes: 2, torch: 'bfloat16', storage: 'BFloat16Storage' },
  F8_E4M3: { bytes: 1, torch: 'float8_e4m3fn' },
  F8_E5M2: { bytes: 1, torch: 'float8_e5m2' },
  C64: { bytes: 8, torch: 'complex64', storage: 'ComplexFloatStorage' },
  I64: { bytes: 8, torch: 'int64', storage: 'LongStorage' },
  I32: { bytes: 4, torch: 'int32', storage: 'IntStorage' },
  I16: { bytes: 2, torch: 'int16', storage: 'ShortStorage' },
  I8: { bytes: 1, torch: 'int8', storage: 'CharStorage' },
  U64: { bytes: 8, torch: 'uint64' },
  U32: { bytes: 4, torch: 'uint32' },
  U16: { bytes: 2, torch: 'uint16' },
  U8: { bytes: 1, torch: 'uint8', storage: 'ByteStorage' },
  BOOL: { bytes: 1, torch: 'bool', storage: 'BoolStorage' },
} as const satisfies Record<string, DtypeFacts>;

export type Dtype = keyof typeof DTYPES;

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPES, name);
}

/** Every kind of element with its facts. */
export function dtypeFacts(): readonly (readonly [Dtype, DtypeFacts])[] {
  return Object.entries(DTYPES) as [Dtype, DtypeFacts][];
}
