import type { ModelInferRequest_InferRequestedOutputTensor } from '@resmask/contracts/open-inference';
import type { TensorSignature } from '@resmask/runtime';
import { refuseSharedMemory } from './shared-memory.js';
import { tensorInvalid } from './tensor-invalid.js';

/** An output to answer with. */
export interface RequestedOutput {
  readonly name: string;
  /** Of each row so many best elements as text; 0 for the tensor as it is. */
  readonly classes: number;
}

/** What a request wants to be answered with; everything if it names nothing. @throws DomainError TENSOR_INVALID or NOT_SUPPORTED. */
export function toRequestedOutputs(
  requested: readonly ModelInferRequest_InferRequestedOutputTensor[],
  signatures: readonly TensorSignature[],
): RequestedOutput[] {
  if (requested.length === 0) return signatures.map(({ name }) => ({ name, classes: 0 }));
  const seen = new Set<string>();
  return requested.map(({ name, parameters }, i) => {
    refuseSharedMemory(parameters, `outputs[${i}].parameters`);
    const signature = signatures.find((candidate) => candidate.name === name);
    if (!signature) {
      const names = signatures.map((candidate) => candidate.name).join(', ');
      throw tensorInvalid(`outputs[${i}].name`, `got "${name}"; the model's outputs are ${names}`);
    }
    if (seen.has(name)) throw tensorInvalid(`outputs[${i}].name`, `"${name}" is there twice`);
    seen.add(name);
    return { name, classes: toClasses(parameters['classification']?.parameterChoice?.value, signature, i) };
  });
}

function toClasses(value: unknown, { name, type }: TensorSignature, index: number): number {
  if (value === undefined) return 0;
  const field = `outputs[${index}].parameters["classification"]`;
  const classes = Number(value);
  if (!Number.isInteger(classes) || classes < 0)
    throw tensorInvalid(field, `got ${value}; a number of classes is needed`);
  if (type === 'string') throw tensorInvalid(field, `"${name}" is text; numbers can be classified`);
  return classes;
}
