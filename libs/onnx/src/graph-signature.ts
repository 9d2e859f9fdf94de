import { DomainError } from '@resmask/errors';
import { type GraphProto, type ModelProto, TensorProto_DataType, type ValueInfoProto } from './gen/onnx/onnx.js';

/** A dimension: a fixed size, a symbol such as `batch`, or `?` where the file says nothing. */
export type Dimension = number | string;

/** Name, element type (e.g. `float32`) and shape of a graph's input or output. */
export interface TensorSignature {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly Dimension[];
}

export interface GraphSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [TensorProto_DataType.FLOAT]: 'float32',
  [TensorProto_DataType.UINT8]: 'uint8',
  [TensorProto_DataType.INT8]: 'int8',
  [TensorProto_DataType.INT32]: 'int32',
  [TensorProto_DataType.INT64]: 'int64',
  [TensorProto_DataType.BOOL]: 'bool',
  [TensorProto_DataType.FLOAT16]: 'float16',
  [TensorProto_DataType.DOUBLE]: 'float64',
  [TensorProto_DataType.BFLOAT16]: 'bfloat16',
};

/** What a model takes and gives; initialisers that are also listed as inputs (as old exporters do) are left out. */
export function graphSignature(model: ModelProto): GraphSignature {
  const graph = graphOf(model);
  const initialised = new Set(graph.initializer.map((initializer) => initializer.name));
  return {
    inputs: graph.input.filter((input) => !initialised.has(input.name)).map(tensorSignature),
    outputs: graph.output.map(tensorSignature),
  };
}

/** The graph of a model. @throws DomainError NOT_ONNX if it has none. */
export function graphOf(model: ModelProto): GraphProto {
  if (!model.graph) throw new DomainError('NOT_ONNX', 'the model has no graph');
  return model.graph;
}

/** Name, element type and shape as a file declares them. */
export function tensorSignature(info: ValueInfoProto): TensorSignature {
  const value = info.type?.value;
  const tensor = value?.$case === 'tensorType' ? value.value : undefined;
  return {
    name: info.name ?? '',
    type: TYPE_NAMES[tensor?.elemType ?? 0] ?? `type ${tensor?.elemType ?? 'unknown'}`,
    shape: (tensor?.shape?.dim ?? []).map((dimension) => {
      if (dimension.value?.$case === 'dimValue') return Number(dimension.value.value);
      return dimension.value?.$case === 'dimParam' && dimension.value.value !== '' ? dimension.value.value : '?';
    }),
  };
}
