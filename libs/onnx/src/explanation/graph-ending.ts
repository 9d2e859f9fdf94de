import type { ModelProto } from '../gen/onnx/onnx.js';
import { GraphIndex } from '../graph-index.js';
import { graphOf } from '../graph-signature.js';
import { sameValues } from './pass-through.js';

/**
 * The operators a tensor was made by last, in the order they run, for telling people what a network ends in; operators that only
 * hand on values are left out.
 */
export function graphEnding(model: ModelProto, outputTensor: string, count = 6): string[] {
  const index = new GraphIndex(graphOf(model));
  const operators: string[] = [];
  let name = sameValues(index, outputTensor);
  while (operators.length < count) {
    const producer = index.producer(name);
    if (!producer) break;
    operators.unshift(producer.opType ?? '');
    const flowing = producer.input.find((input) => input !== '' && !index.constant(input));
    name = sameValues(index, flowing ?? '');
  }
  return operators;
}
