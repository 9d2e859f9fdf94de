import { DomainError } from '@resmask/errors';
import { formatShape } from '@resmask/tensor';
import { GraphProto, ModelProto, type NodeProto, type TensorProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { graphOf, graphSignature } from './graph-signature.js';
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

const PREFIX = 'resmask/';

/**
 * A model that takes bytes instead of the original's numbers: the stage is put in front of one input, so that a caller moves
 * a quarter of the bytes and normalisation runs inside ONNX Runtime. The given model is not changed.
 * @throws DomainError GRAPH_SPEC_MISMATCH if the graph has no such input or not of that form.
 */
export function withInputStage(model: ModelProto, stage: InputStage): ModelProto {
  const graph = graphOf(model);
  const signature = graphSignature(model).inputs.find((input) => input.name === stage.tensor);
  if (!signature) throw mismatch(`the graph has no input "${stage.tensor}"`);
  if (signature.shape.length !== 4) {
    throw mismatch(`input "${stage.tensor}" is ${formatShape(signature.shape)}, images have four axes`);
  }
  const [batch] = signature.shape;
  const [height, width] = stage.layout === 'NCHW' ? signature.shape.slice(2) : signature.shape.slice(1);
  const { nodes, initializers } = stageParts(stage);
  const pixels = valueInfo(PIXELS_INPUT, TensorProto_DataType.UINT8, [batch, height, width, stage.sourcePlanes]);
  const staged: GraphProto = {
    ...graph,
    node: [...nodes, ...graph.node],
    initializer: [...initializers, ...graph.initializer],
    input: graph.input.map((input) => (input.name === stage.tensor ? pixels : input)),
  };
  return { ...model, graph: staged };
}

function stageParts(stage: InputStage): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  let current = PIXELS_INPUT;
  const then = (op: string, inputs: string[] = [], attributes = {}): void => {
    const output = `${PREFIX}${op.toLowerCase()}`;
    nodes.push(node(op, output, [current, ...inputs], [output], attributes));
    current = output;
  };
  const constant = (tensor: TensorProto): string => {
    initializers.push(tensor);
    return tensor.name ?? '';
  };
  if (stage.reversePlanes) then('Gather', [constant(int64Tensor(`${PREFIX}order`, [2, 1, 0]))], { axis: 3 });
  if (stage.sourcePlanes < stage.planes)
    then('Concat', Array(stage.planes - stage.sourcePlanes).fill(current), { axis: 3 });
  if (stage.type === 'float32') {
    then('Cast', [], { to: TensorProto_DataType.FLOAT });
    // Channels are last here, so one value per plane broadcasts.
    const factor = stage.std.map((std) => stage.scale / std);
    const offset = stage.mean.map((mean, plane) => mean / stage.std[plane]);
    then('Mul', [constant(floatTensor(`${PREFIX}factor`, [factor.length], Float32Array.from(factor)))]);
    if (offset.some((value) => value !== 0)) {
      then('Sub', [constant(floatTensor(`${PREFIX}offset`, [offset.length], Float32Array.from(offset)))]);
    }
  }
  if (stage.layout === 'NCHW') then('Transpose', [], { perm: [0, 3, 1, 2] });
  nodes.push(node('Identity', `${PREFIX}input`, [current], [stage.tensor]));
  return { nodes, initializers };
}

function mismatch(problem: string): DomainError {
  return new DomainError('GRAPH_SPEC_MISMATCH', problem);
}
