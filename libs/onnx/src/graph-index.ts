import type { GraphProto, NodeProto, TensorProto } from './gen/onnx/onnx.js';

/** Who makes and who uses each tensor of a graph, bodies of loops and branches included among the users. */
export class GraphIndex {
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, NodeProto[]>();
  readonly #constants = new Map<string, TensorProto>();
  readonly #outputs: ReadonlySet<string>;

  constructor(readonly graph: GraphProto) {
    for (const tensor of graph.initializer) this.#constants.set(tensor.name ?? '', tensor);
    for (const node of graph.node) {
      for (const output of node.output) this.#producers.set(output, node);
      for (const used of namesUsedBy(node)) this.#consumers.set(used, [...this.consumers(used), node]);
      const value = node.opType === 'Constant' ? node.attribute.find(({ name }) => name === 'value')?.t : undefined;
      if (value) this.#constants.set(node.output[0], { ...value, name: node.output[0] });
    }
    this.#outputs = new Set(graph.output.map(({ name = '' }) => name));
  }

  /** The node that makes a tensor; undefined for inputs and initialisers. */
  producer(name: string): NodeProto | undefined {
    return this.#producers.get(name);
  }

  /** Nodes that use a tensor, each once, in their order. */
  consumers(name: string): readonly NodeProto[] {
    return this.#consumers.get(name) ?? [];
  }

  /** The value of a tensor that never changes: an initialiser or the output of a Constant node. */
  constant(name: string): TensorProto | undefined {
    return this.#constants.get(name);
  }

  isOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** The only user of a tensor that nobody outside the graph sees. */
  soleConsumer(name: string): NodeProto | undefined {
    const consumers = this.consumers(name);
    return consumers.length === 1 && !this.isOutput(name) ? consumers[0] : undefined;
  }
}

/** Names of tensors a node reads, those its sub-graphs read included. */
export function namesUsedBy(node: NodeProto): Set<string> {
  const used = new Set(node.input.filter((name) => name !== ''));
  for (const { g, graphs } of node.attribute) {
    for (const body of g ? [g, ...graphs] : graphs) {
      for (const inner of body.node) for (const name of namesUsedBy(inner)) used.add(name);
      for (const { name = '' } of body.output) used.add(name);
    }
  }
  return used;
}
