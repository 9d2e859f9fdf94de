import { encodeModel, GraphBuilder } from '@resmask/onnx';

/** A graph of one operator, to find out whether a provider can make sessions. */
export function probeModel(): Uint8Array {
  const graph = new GraphBuilder('probe');
  graph.output('y', graph.relu('relu', graph.input('x', [1, 1, 1, 1])));
  return encodeModel(graph.build());
}
