import type { ModelProto } from './gen/onnx/onnx.js';
import { GraphIndex } from './graph-index.js';
import { graphOf } from './graph-signature.js';

/** From this version of the file format initialisers need not be listed among the inputs. */
const IR_VERSION = 4n;

/**
 * The model with its initialisers taken out of the graph's inputs, where old exporters list them too: nobody feeds weights, and
 * only what is no input is a constant that can be folded.
 */
export function withConstantWeights(model: ModelProto): ModelProto {
  const graph = graphOf(model);
  const initialised = new Set(graph.initializer.map(({ name }) => name));
  const input = graph.input.filter(({ name }) => !initialised.has(name));
  const { irVersion = IR_VERSION } = model;
  return { ...model, irVersion: irVersion < IR_VERSION ? IR_VERSION : irVersion, graph: { ...graph, input } };
}

/** The model without initialisers and Constant nodes that nothing reads. */
export function withoutUnusedWeights(model: ModelProto): ModelProto {
  const graph = graphOf(model);
  const index = new GraphIndex(graph);
  const isUsed = (name = ''): boolean => index.consumers(name).length > 0 || index.isOutput(name);
  const node = graph.node.filter(({ opType, output }) => opType !== 'Constant' || isUsed(output[0]));
  const initializer = graph.initializer.filter(({ name }) => isUsed(name));
  return { ...model, graph: { ...graph, node, initializer } };
}
