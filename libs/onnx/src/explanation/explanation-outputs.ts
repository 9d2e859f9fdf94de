import { type GraphProto, type ModelProto, type NodeProto, TensorProto_DataType } from '../gen/onnx/onnx.js';
import { GraphIndex } from '../graph-index.js';
import { GraphNames } from '../graph-names.js';
import { graphOf } from '../graph-signature.js';
import { elementTypeOf } from '../inner-value-info.js';
import { operatorSet } from '../operator-set.js';
import { int64Tensor, node, valueInfo } from '../proto-parts.js';
import type { AttentionMask } from './attention-masks.js';
import type { ClassActivation } from './class-activation.js';

/** What to add outputs for. */
export interface ExplanationSources {
  readonly features?: Pick<ClassActivation, 'features' | 'layout'>;
  readonly masks: readonly AttentionMask[];
}

export interface ExplanationOutputs {
  readonly model: ModelProto;
  /** The output with the feature maps: float32 [batch, channels, height, width]. */
  readonly features?: string;
  /**
   * For each mask the output with its mean over the channels, or of a softmax over them, whose mean is the same everywhere, the largest:
   * float32 [batch, height, width].
   */
  readonly masks: readonly { readonly name: string; readonly output: string }[];
}

/** From this operator set on ReduceMean and ReduceMax take their axes as an input. */
const AXES_AS_INPUT = 18;

/**
 * The model with what explanations are made of as more outputs, after the others. Masks lose their channels inside the graph, since what
 * is left is a hundredth of a mask. The given model is not changed.
 */
export function withExplanationOutputs(model: ModelProto, { features, masks }: ExplanationSources): ExplanationOutputs {
  const added = new AddedOutputs(graphOf(model), operatorSet(model));
  const featuresOutput = features && added.addFeatures(features);
  const maskOutputs = masks.map((mask) => ({ name: mask.name, output: added.addMask(mask) }));
  return { model: { ...model, graph: added.graph() }, features: featuresOutput, masks: maskOutputs };
}

class AddedOutputs {
  readonly #index: GraphIndex;
  readonly #names: GraphNames;
  readonly #nodes: NodeProto[] = [];
  readonly #axes: GraphProto['initializer'] = [];
  readonly #outputs: GraphProto['output'] = [];

  constructor(
    readonly original: GraphProto,
    readonly opset: number,
  ) {
    this.#index = new GraphIndex(original);
    this.#names = new GraphNames(original);
  }

  graph(): GraphProto {
    const { node: nodes, initializer, output } = this.original;
    return {
      ...this.original,
      node: [...nodes, ...this.#nodes],
      initializer: [...initializer, ...this.#axes],
      output: [...output, ...this.#outputs],
    };
  }

  addFeatures({ features, layout }: Pick<ClassActivation, 'features' | 'layout'>): string {
    const values = this.#float32(features);
    if (layout === 'NCHW') return this.#output('Identity', 'resmask/features', [values], 4);
    return this.#output('Transpose', 'resmask/features', [values], 4, { perm: [0, 3, 1, 2] });
  }

  addMask({ name, tensor, layout, activation }: AttentionMask): string {
    const reduce = activation === 'Softmax' ? 'ReduceMax' : 'ReduceMean';
    const values = this.#float32(tensor);
    const axis = layout === 'NCHW' ? 1 : 3;
    const output = `resmask/mask/${name}`;
    if (this.opset < AXES_AS_INPUT) return this.#output(reduce, output, [values], 3, { axes: [axis], keepdims: 0 });
    const axes = int64Tensor(this.#names.claim('resmask/axes'), [axis]);
    this.#axes.push(axes);
    return this.#output(reduce, output, [values, axes.name ?? ''], 3, { keepdims: 0 });
  }

  #float32(tensor: string): string {
    if (elementTypeOf(this.#index, tensor) === TensorProto_DataType.FLOAT) return tensor;
    const cast = this.#names.claim('resmask/float32');
    this.#nodes.push(node('Cast', cast, [tensor], [cast], { to: TensorProto_DataType.FLOAT }));
    return cast;
  }

  #output(
    op: string,
    wished: string,
    inputs: readonly string[],
    rank: number,
    attributes: Parameters<typeof node>[4] = {},
  ): string {
    const name = this.#names.claim(wished);
    this.#nodes.push(node(op, name, inputs, [name], attributes));
    const sizes = Array.from({ length: rank }, (_, axis) => `${name}.${axis}`);
    this.#outputs.push(valueInfo(name, TensorProto_DataType.FLOAT, sizes));
    return name;
  }
}
