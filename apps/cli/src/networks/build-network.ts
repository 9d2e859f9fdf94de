import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Architecture,
  buildGraph,
  type NetworkOptions,
  networkOptions,
  type WeightSource,
} from '@resmask/architectures';
import { specPathOf, writeSpecFile } from '../models/spec-file.js';
import { type ModelFormat, type WrittenModel, writeModel } from './write-model.js';

export interface BuiltNetwork extends WrittenModel {
  readonly network: string;
  /** The specification file beside the model. */
  readonly spec: string;
  readonly parameters: number;
}

/** One line for people. */
export function builtText({ network, file, parameters, sizeBytes, dataFile, dataBytes, spec }: BuiltNetwork): string {
  const beside = dataFile ? ` and ${dataBytes} in ${dataFile}` : '';
  return `${file}: ${network}, ${parameters} parameters, ${sizeBytes} bytes${beside}; specification in ${spec}`;
}

export interface NetworkTarget {
  readonly architecture: Architecture;
  readonly options: Partial<NetworkOptions>;
  readonly format: ModelFormat;
  readonly file: string;
}

/** Writes a network as an ONNX file, and beside it the specification it is registered with. */
export async function buildNetwork(target: NetworkTarget, weights: WeightSource): Promise<BuiltNetwork> {
  const { architecture, format, file } = target;
  const options = networkOptions(architecture, target.options);
  const graph = buildGraph(architecture, weights, options);
  const parameters = graph.layers.reduce((sum, layer) => sum + layer.parameters, 0);
  await mkdir(dirname(file), { recursive: true });
  const written = await writeModel(graph.build(), parameters, file, format);
  const spec = specPathOf(file);
  await writeSpecFile(spec, architecture.spec(options));
  return { network: architecture.name, ...written, spec, parameters };
}
