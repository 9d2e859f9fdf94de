import { DomainError } from '@resmask/errors';
import type { GraphProto, NodeProto } from '../gen/onnx/onnx.js';
import { GraphIndex } from '../graph-index.js';
import { activationInputs, type IntegerKind, integerKind } from './integer-operators.js';

/** Which tensors of a graph become bytes. */
export interface QuantizationPlan {
  /** Each tensor that becomes bytes, and the one whose scale it has: itself, or the one its values were taken from. */
  readonly scaleOf: ReadonlyMap<string, string>;
  /** Nodes whose weights become int8. */
  readonly weighted: readonly NodeProto[];
}

/** Their integer kernels can give float32, so what nothing integer reads, as logits, is not rounded. */
const CAN_GIVE_FLOAT = new Set(['Gemm', 'MatMul']);

/**
 * Finds the tensors between integer operators: what they read, and what they give. A convolution (or anything else that has to give
 * bytes) whose result only leaves the graph stays in float32.
 * @throws DomainError WEIGHTS_INVALID for a graph without a layer whose weights could become int8.
 */
export function quantizationPlan(graph: GraphProto): QuantizationPlan {
  const found = new IntegerNodes(graph);
  const integer = graph.node.filter((node) => found.isInteger(node));
  const weighted = integer.filter((node) => found.kind(node) === 'weighted');
  if (weighted.length === 0) {
    throw new DomainError(
      'WEIGHTS_INVALID',
      'the graph has no inner convolution or matrix product with float32 weights, so there is nothing to quantise',
    );
  }
  const read = new Set(integer.flatMap(activationInputs));
  const scaleOf = new Map<string, string>();
  const own = (name: string): unknown => scaleOf.set(name, name);
  for (const { name = '' } of graph.input) if (read.has(name)) own(name);
  for (const node of graph.node) {
    const moved = found.kind(node) === 'moved' ? scaleOf.get(node.input[0]) : undefined;
    if (found.isInteger(node) && !CAN_GIVE_FLOAT.has(node.opType ?? '')) own(found.resultOf(node));
    else if (moved !== undefined && !found.isFinal(node.output[0])) scaleOf.set(node.output[0], moved);
    else for (const name of node.output) if (read.has(name)) own(name);
  }
  return { scaleOf, weighted };
}

class IntegerNodes {
  readonly #index: GraphIndex;
  readonly #kinds: ReadonlyMap<NodeProto, IntegerKind | undefined>;

  constructor(graph: GraphProto) {
    this.#index = new GraphIndex(graph);
    this.#kinds = new Map(graph.node.map((node) => [node, integerKind(node, this.#index)]));
  }

  kind(node: NodeProto): IntegerKind | undefined {
    return this.#kinds.get(node);
  }

  /** Whether a node computes with bytes. */
  isInteger(node: NodeProto): boolean {
    const kind = this.kind(node);
    if (kind !== 'weighted' && kind !== 'computed') return false;
    return CAN_GIVE_FLOAT.has(node.opType ?? '') || !this.isFinal(this.resultOf(node));
  }

  /** What a node gives in the end: behind the rectifier that alone reads it, since the limits of the bytes do its work. */
  resultOf({ output: [output] }: NodeProto): string {
    const next = this.#index.soleConsumer(output);
    return next && this.kind(next) === 'clipping' && next.input[0] === output ? next.output[0] : output;
  }

  /** Whether a tensor only leaves the graph, under its own name or another. */
  isFinal(name: string): boolean {
    const consumers = this.#index.consumers(name);
    if (this.#index.isOutput(name) && consumers.length === 0) return true;
    const [next] = consumers;
    return consumers.length === 1 && next.opType === 'Identity' && this.#index.isOutput(next.output[0]);
  }
}
