import { DomainError } from '@resmask/errors';
import { withConstantWeights } from './constant-weights.js';
import { type ModelProto, type NodeProto, type TensorProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { GraphNames } from './graph-names.js';
import { graphOf } from './graph-signature.js';
import { node, tensorProto } from './proto-parts.js';
import { floatValues, tensorShape } from './tensor-values.js';

/** The largest finite float16. */
const MAX_HALF = 65504;
/** One-dimensional tensors up to this many elements stay: biases and statistics are few and need their precision. */
const MAX_KEPT_ELEMENTS = 4096;

/**
 * Stores weights as float16 with a cast to float32 behind each, which ONNX Runtime works out once when it loads: half the file,
 * the same arithmetic. Kernels and matrices are stored so, and vectors of more than 4096 elements.
 * @throws DomainError WEIGHTS_INVALID that names a tensor with a value beyond ±65504, which float16 cannot hold.
 */
export function withHalfWeights(model: ModelProto): ModelProto {
  const constant = withConstantWeights(model);
  const graph = graphOf(constant);
  const names = new GraphNames(graph);
  const casts: NodeProto[] = [];
  const initializer = graph.initializer.map((tensor) => {
    const { name = '' } = tensor;
    if (!isWeight(tensor)) return tensor;
    const stored = names.claim(`${name}.float16`);
    casts.push(node('Cast', names.claim(`${name}.cast`), [stored], [name], { to: TensorProto_DataType.FLOAT }));
    return halfTensor(stored, tensor);
  });
  return { ...constant, graph: { ...graph, node: [...casts, ...graph.node], initializer } };
}

function isWeight({ dataType, dims }: TensorProto): boolean {
  if (dataType !== TensorProto_DataType.FLOAT) return false;
  return dims.length >= 2 || dims.reduce((product, size) => product * Number(size), 1) > MAX_KEPT_ELEMENTS;
}

function halfTensor(name: string, tensor: TensorProto): TensorProto {
  const values = floatValues(tensor);
  const at = values.findIndex((value) => Number.isFinite(value) && Math.abs(value) > MAX_HALF);
  if (at >= 0) {
    throw new DomainError(
      'WEIGHTS_INVALID',
      `tensor "${tensor.name}" has ${values[at]} at element ${at}, float16 ends at ±${MAX_HALF}; keep the weights in float32`,
    );
  }
  const halves = new Float16Array(values);
  return tensorProto(name, tensorShape(tensor), TensorProto_DataType.FLOAT16, new Uint8Array(halves.buffer));
}
