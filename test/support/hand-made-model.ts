import type { ModelProto } from '@resmask/onnx';
import { seededRandom } from '@resmask/tensor';
import { ModelProto as Model, type NodeProto, type TensorProto } from '../../libs/onnx/src/gen/onnx/onnx.js';
import { floatTensor, valueInfo } from '../../libs/onnx/src/proto-parts.js';

type Shape = readonly (number | string)[];

interface HandMadeGraph {
  readonly nodes: readonly NodeProto[];
  readonly initializers?: readonly TensorProto[];
  /** Inputs and outputs by name; float32 unless another element type is given. */
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly outputs: Readonly<Record<string, Shape>>;
  readonly inputType?: number;
  readonly opset?: number;
  readonly irVersion?: number;
}

const FLOAT = 1;

/** A model written node by node, for what the graph builder has no layer for. */
export function handMadeModel(graph: HandMadeGraph): ModelProto {
  const { nodes, initializers = [], inputs, outputs, inputType = FLOAT, opset = 17, irVersion = 8 } = graph;
  return Model.fromPartial({
    irVersion: BigInt(irVersion),
    producerName: 'hand',
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      name: 'hand-made',
      node: [...nodes],
      initializer: [...initializers],
      input: Object.entries(inputs).map(([name, shape]) => valueInfo(name, inputType, shape)),
      output: Object.entries(outputs).map(([name, shape]) => valueInfo(name, FLOAT, shape)),
    },
  });
}

/** Seeded numbers in [low, high). */
export function numbers(count: number, seed: number, low = -1, high = 1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => low + (high - low) * random());
}

/** A tensor of seeded numbers. */
export function randomTensor(name: string, shape: readonly number[], seed: number, low = -1, high = 1): TensorProto {
  const count = shape.reduce((product, size) => product * size, 1);
  return floatTensor(name, shape, numbers(count, seed, low, high));
}
