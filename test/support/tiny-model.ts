import type { ModelSpec } from '@resmask/model-spec';
import { encodeModel, GraphBuilder } from '@resmask/onnx';
import { tensor } from '@resmask/tensor';

/** A classifier of a few hundred bytes, another one for each seed; for storms, where uploading is not what is tested. */
export function tinyModel(seed = 1): Buffer {
  const graph = new GraphBuilder('tiny');
  const x = graph.globalAveragePool('mean', graph.input('input', ['batch', 1, 8, 8]));
  const weight = tensor([2, 1], Float32Array.from([seed, -seed]));
  graph.output('logits', graph.linear('fc', x, weight, tensor([2], Float32Array.from([0, seed]))));
  return Buffer.from(encodeModel(graph.build()));
}

export const TINY_SPEC: ModelSpec = {
  architecture: 'tiny',
  input: {
    tensor: 'input',
    source: 'gray',
    planes: 1,
    height: 8,
    width: 8,
    resize: 'stretch',
    cropMargin: 1.1,
    layout: 'NCHW',
    type: 'float32',
    scale: 1 / 255,
    mean: [],
    std: [],
  },
  output: { task: 'expression', tensor: 'logits', values: 'logits', labels: ['happy', 'sad'] },
};
