import type { GraphProto } from './gen/onnx/onnx.js';

/** Every name of a tensor or node in a graph and its sub-graphs, so that new ones can be told apart. */
export class GraphNames {
  readonly #names = new Set<string>();

  constructor(graph: GraphProto) {
    this.#addGraph(graph);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The wished name, or with a number behind it where that is taken; taken from now on. */
  claim(wished: string): string {
    let name = wished;
    for (let i = 1; this.#names.has(name); i += 1) name = `${wished}.${i}`;
    this.#names.add(name);
    return name;
  }

  #addGraph(graph: GraphProto): void {
    for (const { name = '' } of [...graph.input, ...graph.output, ...graph.initializer]) this.#names.add(name);
    for (const { name = '', input, output, attribute } of graph.node) {
      for (const used of [name, ...input, ...output]) this.#names.add(used);
      for (const { g, graphs } of attribute) for (const body of g ? [g, ...graphs] : graphs) this.#addGraph(body);
    }
  }
}
