import { DomainError } from '@resmask/errors';
import type { InferenceSession } from 'onnxruntime-node';
import type { TensorType } from './session-tensor.js';

/** An input or output of a graph. */
export interface TensorSignature {
  readonly name: string;
  readonly type: TensorType;
  /** −1 for a size that may vary. */
  readonly shape: readonly number[];
}

const TYPES: ReadonlySet<string> = new Set<TensorType>([
  'bool',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'float32',
  'float64',
  'string',
]);

/** @throws DomainError MODEL_UNLOADABLE for a sequence, a map, or a type that cannot be fed. */
export function toTensorSignature(value: InferenceSession.ValueMetadata): TensorSignature {
  if (!value.isTensor) {
    throw new DomainError('MODEL_UNLOADABLE', `"${value.name}" is no tensor; sequences and maps cannot be served`);
  }
  const { name, type, shape } = value;
  if (!isTensorType(type)) {
    const message = `"${name}" is of type ${type}; allowed are ${[...TYPES].join(', ')}`;
    throw new DomainError('MODEL_UNLOADABLE', message);
  }
  return { name, type, shape: shape.map((size) => (typeof size === 'number' && size >= 0 ? size : -1)) };
}

function isTensorType(type: string): type is TensorType {
  return TYPES.has(type);
}
