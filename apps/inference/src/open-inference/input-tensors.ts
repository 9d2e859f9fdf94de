import type { ModelInferRequest, ModelInferRequest_InferInputTensor } from '@resmask/contracts/open-inference';
import type { AnyTensor, TensorSignature } from '@resmask/runtime';
import { DATATYPES } from './datatype.js';
import { decodeRawElements } from './raw-elements.js';
import { refuseSharedMemory } from './shared-memory.js';
import { tensorInvalid } from './tensor-invalid.js';
import { decodeTypedElements } from './typed-elements.js';

const MAX_SIZE = 2 ** 31 - 1;

/** A model's tensors by the name of their input; sizes are checked before any element is looked at. @throws DomainError. */
export function decodeInputTensors(
  { inputs, rawInputContents: raw }: ModelInferRequest,
  signatures: readonly TensorSignature[],
): Record<string, AnyTensor> {
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw tensorInvalid('raw_input_contents', `there are ${raw.length} for ${inputs.length} inputs; send one for each`);
  }
  const feeds: Record<string, AnyTensor> = {};
  for (const [i, input] of inputs.entries()) {
    const field = `inputs[${i}]`;
    const signature = findSignature(input, signatures, field);
    if (Object.hasOwn(feeds, input.name)) throw tensorInvalid(`${field}.name`, `"${input.name}" is there twice`);
    const dims = checkShape(input, signature, `${field}.shape`);
    feeds[input.name] = decodeInput(input, raw.length > 0 ? raw[i] : undefined, signature, dims, i);
  }
  const missing = signatures.filter(({ name }) => !Object.hasOwn(feeds, name)).map(({ name }) => name);
  if (missing.length > 0) throw tensorInvalid('inputs', `${missing.join(', ')} missing; send every input of the model`);
  return feeds;
}

function findSignature(
  { name, datatype, parameters }: ModelInferRequest_InferInputTensor,
  signatures: readonly TensorSignature[],
  field: string,
): TensorSignature {
  refuseSharedMemory(parameters, `${field}.parameters`);
  const signature = signatures.find((candidate) => candidate.name === name);
  if (!signature) {
    const names = signatures.map((candidate) => candidate.name).join(', ');
    throw tensorInvalid(`${field}.name`, `got "${name}"; the model's inputs are ${names}`);
  }
  const wanted = DATATYPES[signature.type].name;
  if (datatype !== wanted) throw tensorInvalid(`${field}.datatype`, `got "${datatype}"; "${name}" is ${wanted}`);
  return signature;
}

function checkShape(
  { name, shape }: ModelInferRequest_InferInputTensor,
  signature: TensorSignature,
  field: string,
): number[] {
  const wanted = signature.shape;
  // ONNX Runtime says of a tensor of any rank the same as of a scalar.
  const fits =
    wanted.length === 0 ||
    (shape.length === wanted.length && wanted.every((size, i) => size < 0 || BigInt(size) === shape[i]));
  if (!fits || shape.some((size) => size < 0n || size > MAX_SIZE)) {
    throw tensorInvalid(field, `got [${shape}]; "${name}" is [${wanted}], −1 being any size`);
  }
  return shape.map(Number);
}

function decodeInput(
  { contents }: ModelInferRequest_InferInputTensor,
  raw: Buffer | undefined,
  { type }: TensorSignature,
  dims: readonly number[],
  index: number,
): AnyTensor {
  const count = dims.reduce((product, size) => product * size, 1);
  const data = raw
    ? decodeRawElements(type, refuseMixed(raw, contents, index), count, `raw_input_contents[${index}]`)
    : decodeTypedElements(type, contents ?? NO_CONTENTS, count, `inputs[${index}].contents`);
  return { type, dims, data } as AnyTensor;
}

function refuseMixed(raw: Buffer, contents: ModelInferRequest_InferInputTensor['contents'], index: number): Buffer {
  if (!contents || Object.values(contents).every((elements) => elements.length === 0)) return raw;
  throw tensorInvalid(`inputs[${index}].contents`, 'there are raw_input_contents too; send one or the other');
}

const NO_CONTENTS = {
  boolContents: [],
  intContents: [],
  int64Contents: [],
  uintContents: [],
  uint64Contents: [],
  fp32Contents: [],
  fp64Contents: [],
  bytesContents: [],
};
