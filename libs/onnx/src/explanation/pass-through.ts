import type { NodeProto } from '../gen/onnx/onnx.js';
import type { GraphIndex } from '../graph-index.js';

/** Operators that hand on the values they are given, but for rounding. */
const SAME_VALUES = new Set(['Identity', 'Dropout', 'Cast', 'QuantizeLinear', 'DequantizeLinear']);
/** Operators that keep the order of a vector's elements, whatever axes of size 1 stand around it. */
const SAME_VECTOR = new Set([...SAME_VALUES, 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose']);

/** The tensor whose values another one has: back through dropout, casts and the pairs that quantisation puts in. */
export function sameValues(index: GraphIndex, name: string): string {
  return back(index, name, SAME_VALUES);
}

/** The same for one vector per image, whose axes of size 1 (of an image of one pixel) may come and go. */
export function sameVector(index: GraphIndex, name: string): string {
  return back(index, name, SAME_VECTOR);
}

/** The node that makes a tensor as its first output, if it is one of ONNX's own operators. */
export function standardProducer(index: GraphIndex, name: string): NodeProto | undefined {
  const found = index.producer(name);
  const isStandard = found && ['', 'ai.onnx'].includes(found.domain ?? '') && found.output[0] === name;
  return isStandard ? found : undefined;
}

function back(index: GraphIndex, name: string, operators: ReadonlySet<string>): string {
  let current = name;
  for (;;) {
    const producer = standardProducer(index, current);
    if (!producer || !operators.has(producer.opType ?? '')) return current;
    current = producer.input[0];
  }
}
