import { type ModelProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { graphOf } from './graph-signature.js';
import { modelMetadata } from './model-metadata.js';

const TRAINED_TYPES: ReadonlySet<number> = new Set([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.BFLOAT16,
  TensorProto_DataType.DOUBLE,
]);

/** Metadata property under which a model tells what was trained, before folding or quantising changed what can be counted. */
export const PARAMETERS_PROPERTY = 'resmask.parameters';

/**
 * Trained parameters of a model: what it tells itself, otherwise the elements of its floating-point initialisers that nodes use, without the running mean and
 * variance of batch normalisations, which are statistics.
 */
export function countParameters(model: ModelProto): number {
  const told = modelMetadata(model).properties[PARAMETERS_PROPERTY];
  if (told !== undefined && /^\d{1,15}$/.test(told)) return Number(told);
  const graph = graphOf(model);
  const statistics = new Set<string>();
  const used = new Set<string>();
  for (const node of graph.node) {
    for (const [position, input] of node.input.entries()) {
      const isStatistic = node.opType === 'BatchNormalization' && position >= 3;
      (isStatistic ? statistics : used).add(input);
    }
  }
  let count = 0;
  for (const { name = '', dims, dataType = 0 } of graph.initializer) {
    const trained = used.has(name) && !statistics.has(name) && TRAINED_TYPES.has(dataType);
    if (trained && dims.length > 0) count += dims.reduce((product, dimension) => product * Number(dimension), 1);
  }
  return count;
}
