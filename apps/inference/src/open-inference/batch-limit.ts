import type { AnyTensor, TensorSignature } from '@resmask/runtime';
import { tensorInvalid } from './tensor-invalid.js';

/** A model's inputs and outputs. */
interface Signature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** Whether the first dimension of all of a model's tensors is a batch, of any size. */
export function isBatched({ inputs, outputs }: Signature): boolean {
  return [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}

/**
 * Rows of a request: the first dimension of its tensors, or 1 for a model without batches.
 * @throws DomainError TENSOR_INVALID for tensors of different batches, an empty one, or one above `maxBatch`.
 */
export function batchOf(model: Signature, feeds: Readonly<Record<string, AnyTensor>>, maxBatch: number): number {
  if (!isBatched(model)) return 1;
  const sizes = [...new Set(model.inputs.map(({ name }) => feeds[name].dims[0]))];
  const [size = 1] = sizes;
  if (sizes.length > 1) throw tensorInvalid('inputs', `their batches are ${sizes.join(', ')}; one size is needed`);
  if (size < 1 || size > maxBatch) {
    throw tensorInvalid('inputs', `the batch is ${size}; allowed are 1 to ${maxBatch} rows, the first dimension`);
  }
  return size;
}
