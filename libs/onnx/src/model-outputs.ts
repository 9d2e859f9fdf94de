import { DomainError } from '@resmask/errors';
import { closeNames } from './close-names.js';
import { type GraphProto, type ModelProto, TensorProto_DataType } from './gen/onnx/onnx.js';
import { GraphIndex } from './graph-index.js';
import { GraphNames } from './graph-names.js';
import { graphOf } from './graph-signature.js';
import { innerValueInfo } from './inner-value-info.js';
import { node } from './proto-parts.js';

/**
 * The model with a tensor from inside as one more output, after the others; under another name if one is given.
 * @throws DomainError TENSOR_NOT_FOUND that lists names like it, or GRAPH_SPEC_MISMATCH if the output's name is taken.
 */
export function withOutput(model: ModelProto, tensor: string, outputName = tensor): ModelProto {
  const graph = graphOf(model);
  const index = new GraphIndex(graph);
  expectTensor(graph, index, tensor);
  if (outputName === tensor && index.isOutput(tensor)) return model;
  const declared = { ...innerValueInfo(index, tensor), name: outputName };
  const output = [...graph.output, declared];
  if (outputName === tensor) return { ...model, graph: { ...graph, output } };
  const names = new GraphNames(graph);
  expectFree(names, outputName);
  const renamed = node('Identity', names.claim(outputName), [tensor], [outputName]);
  return { ...model, graph: { ...graph, node: [...graph.node, renamed], output } };
}

/**
 * The model with a softmax over the last axis of an output, which takes that output's place under a new name.
 * @throws DomainError TENSOR_NOT_FOUND if there is no such output, or GRAPH_SPEC_MISMATCH if the new name is taken or the output is
 *   no float tensor with a known number of axes.
 */
export function withSoftmax(model: ModelProto, output: string, outputName = 'probabilities'): ModelProto {
  const graph = graphOf(model);
  const found = graph.output.find(({ name }) => name === output);
  if (!found)
    throw unknown(
      `output "${output}"`,
      graph.output.map(({ name = '' }) => name),
      output,
    );
  const type = found.type?.value;
  const rank = type?.$case === 'tensorType' ? (type.value.shape?.dim.length ?? 0) : 0;
  if (type?.$case !== 'tensorType' || !FLOATS.has(type.value.elemType ?? 0) || rank === 0) {
    throw new DomainError(
      'GRAPH_SPEC_MISMATCH',
      `output "${output}" is no floating-point tensor with a declared shape; softmax needs one`,
    );
  }
  const names = new GraphNames(graph);
  expectFree(names, outputName);
  // Counted from the front: before operator set 13 softmax flattens everything behind its axis, here only the last.
  const added = node('Softmax', names.claim(outputName), [output], [outputName], { axis: rank - 1 });
  const outputs = graph.output.map((info) => (info === found ? { ...found, name: outputName } : info));
  return { ...model, graph: { ...graph, node: [...graph.node, added], output: outputs } };
}

const FLOATS: ReadonlySet<number> = new Set([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.DOUBLE,
]);

function expectTensor(graph: GraphProto, index: GraphIndex, tensor: string): void {
  if (index.producer(tensor) || index.constant(tensor) || graph.input.some(({ name }) => name === tensor)) return;
  throw unknown(
    `tensor "${tensor}"`,
    graph.node.flatMap(({ output }) => output),
    tensor,
  );
}

function unknown(what: string, names: readonly string[], wrong: string): DomainError {
  const close = closeNames(wrong, names).map((name) => `"${name}"`);
  return new DomainError('TENSOR_NOT_FOUND', `the graph has no ${what}; names like it: ${close.join(', ') || 'none'}`);
}

function expectFree(names: GraphNames, name: string): void {
  if (name !== '' && !names.has(name)) return;
  throw new DomainError(
    'GRAPH_SPEC_MISMATCH',
    `the graph already has a tensor "${name}"; choose another name for the output`,
  );
}
