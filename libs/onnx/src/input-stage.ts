import { DomainError } from '@resmask/errors';
import { formatShape } from '@resmask/tensor';
import { withConstantWeights } from './constant-weights.js';
import {
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  TensorProto_DataType,
  type ValueInfoProto,
} from './gen/onnx/onnx.js';
import { GraphNames } from './graph-names.js';
import { graphOf, tensorSignature } from './graph-signature.js';
import { floatTensor, int64Tensor, node, valueInfo } from './proto-parts.js';

/** How bytes become the network's input: value = (byte × scale − mean) ÷ std; mean and std have one value per plane. */
export interface InputStage {
  /** The graph's input to put the stage in front of. */
  readonly tensor: string;
  /** Planes the caller gives: 1 for grey, 3 for red, green, blue. */
  readonly sourcePlanes: 1 | 3;
  /** Planes the network takes; a single source plane is repeated. */
  readonly planes: 1 | 3;
  /** Reverse the planes, for networks trained on blue, green, red. */
  readonly reversePlanes: boolean;
  readonly layout: 'NCHW' | 'NHWC';
  readonly type: 'float32' | 'uint8';
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Name of the input the stage takes: uint8 [batch, height, width, source planes]. */
export const PIXELS_INPUT = 'resmask/pixels';

/** Element types a graph may take where the stage computes in float32, which is cast to them at its end. */
const FLOATING: ReadonlySet<number> = new Set([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.DOUBLE,
  TensorProto_DataType.BFLOAT16,
]);

/**
 * A model that takes bytes instead of the original's numbers: the stage is put in front of one input, so that a caller moves
 * a quarter of the bytes and normalisation runs inside ONNX Runtime. Works for any exporter's model from operator set 7 on: either
 * layout, half-precision inputs, weights listed among the inputs. The given model is not changed.
 * @throws DomainError GRAPH_SPEC_MISMATCH if the graph has no such input or not of that form.
 */
export function withInputStage(model: ModelProto, stage: InputStage): ModelProto {
  const constant = withConstantWeights(model);
  const graph = graphOf(constant);
  const input = graph.input.find(({ name }) => name === stage.tensor);
  if (!input) throw mismatch(`the graph has no input "${stage.tensor}"`);
  const names = new GraphNames(graph);
  if (names.has(PIXELS_INPUT)) throw mismatch(`the graph already has a tensor "${PIXELS_INPUT}", so an input stage`);
  const { nodes, initializers } = stageParts(stage, elementType(input, stage), names);
  const staged: GraphProto = {
    ...graph,
    node: [...nodes, ...graph.node],
    initializer: [...initializers, ...graph.initializer],
    input: graph.input.map((other) => (other === input ? pixelsInput(input, stage) : other)),
  };
  return { ...constant, graph: staged };
}

function pixelsInput(input: ValueInfoProto, { tensor, layout, sourcePlanes }: InputStage): ValueInfoProto {
  const { shape } = tensorSignature(input);
  if (shape.length !== 4 && shape.length !== 0) {
    throw mismatch(`input "${tensor}" is ${formatShape(shape)}, images have four axes`);
  }
  const [batch = 'batch', ...image] = shape;
  const [height = 'height', width = 'width'] = layout === 'NCHW' ? image.slice(1) : image;
  return valueInfo(PIXELS_INPUT, TensorProto_DataType.UINT8, [batch, height, width, sourcePlanes]);
}

/** @throws DomainError GRAPH_SPEC_MISMATCH if the stage gives no numbers of the kind the graph takes. */
function elementType(input: ValueInfoProto, { tensor, type }: InputStage): TensorProto_DataType {
  const value = input.type?.value;
  const found = value?.$case === 'tensorType' ? value.value.elemType : undefined;
  if (type === 'uint8' ? found === TensorProto_DataType.UINT8 : FLOATING.has(found ?? 0)) return Number(found);
  throw mismatch(`input "${tensor}" is ${tensorSignature(input).type}, the specification says ${type}`);
}

function stageParts(
  stage: InputStage,
  wanted: TensorProto_DataType,
  names: GraphNames,
): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let current = PIXELS_INPUT;
  const then = (op: string, inputs: string[] = [], attributes = {}): void => {
    const output = names.claim(`resmask/${op.toLowerCase()}`);
    nodes.push(node(op, output, [current, ...inputs], [output], attributes));
    current = output;
  };
  const constant = (tensor: TensorProto): string => {
    initializers.push(tensor);
    return tensor.name ?? '';
  };
  const perPlane = (word: string, values: readonly number[]): string =>
    constant(floatTensor(names.claim(`resmask/${word}`), [values.length], Float32Array.from(values)));
  if (stage.reversePlanes)
    then('Gather', [constant(int64Tensor(names.claim('resmask/order'), [2, 1, 0]))], { axis: 3 });
  if (stage.sourcePlanes < stage.planes)
    then('Concat', Array(stage.planes - stage.sourcePlanes).fill(current), { axis: 3 });
  if (stage.type === 'float32') {
    then('Cast', [], { to: TensorProto_DataType.FLOAT });
    // Channels are last here, so one value per plane broadcasts.
    const factor = stage.std.map((std) => stage.scale / std);
    const offset = stage.mean.map((mean, plane) => mean / stage.std[plane]);
    then('Mul', [perPlane('factor', factor)]);
    if (offset.some((value) => value !== 0)) then('Sub', [perPlane('offset', offset)]);
    if (wanted !== TensorProto_DataType.FLOAT) then('Cast', [], { to: wanted });
  }
  if (stage.layout === 'NCHW') then('Transpose', [], { perm: [0, 3, 1, 2] });
  nodes.push(node('Identity', names.claim('resmask/input'), [current], [stage.tensor]));
  return { nodes, initializers };
}

function mismatch(problem: string): DomainError {
  return new DomainError('GRAPH_SPEC_MISMATCH', problem);
}
