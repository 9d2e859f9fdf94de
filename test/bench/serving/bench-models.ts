import { buildGraph, defaultSpec, findArchitecture, networkOptions, seededWeights } from '@resmask/architectures';
import type { ModelSpec } from '@resmask/model-spec';
import { encodeModel, GraphBuilder } from '@resmask/onnx';
import { tensor } from '@resmask/tensor';

/** A network that is served and run bare. */
export interface BenchModel {
  readonly name: string;
  readonly file: Buffer;
  readonly spec: ModelSpec;
}

/** Frames of the first table: raw red, green, blue of 112 × 112, 37.6 kB. */
export const SIDE = 112;
export const FRAME_BYTES = SIDE * SIDE * 3;

/** A network of 5 to 10 ms on one core: ResNet-18 on 112 × 112. */
export function heavyModel(): BenchModel {
  const architecture = findArchitecture('resnet18');
  const options = networkOptions(architecture, { size: SIDE });
  const file = Buffer.from(encodeModel(buildGraph(architecture, seededWeights(1), options).build()));
  return { name: 'bench-resnet18', file, spec: architecture.spec(options) };
}

/** Next to no network at all: what is left is the transport. */
export function echoModel(): BenchModel {
  const { output } = defaultSpec(findArchitecture('resmasking-compact'));
  const graph = new GraphBuilder('echo');
  const mean = graph.globalAveragePool('mean', graph.input('input', ['batch', 3, SIDE, SIDE]));
  graph.output(
    'logits',
    graph.linear('fc', mean, tensor([7, 3], new Float32Array(21).fill(0.01)), tensor([7], new Float32Array(7))),
  );
  const { input } = findArchitecture('resnet18').spec(networkOptions(findArchitecture('resnet18'), { size: SIDE }));
  const spec: ModelSpec = {
    architecture: 'echo',
    input,
    output: output.task === 'expression' ? { ...output, tensor: 'logits' } : output,
  };
  return { name: 'bench-echo', file: Buffer.from(encodeModel(graph.build())), spec };
}
