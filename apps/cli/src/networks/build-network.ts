import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findArchitecture, type WeightSource } from '@resmask/architectures';
import { encodeModel } from '@resmask/onnx';
import { specPathOf, writeSpecFile } from '../models/spec-file.js';

export interface BuiltNetwork {
  readonly file: string;
  readonly spec: string;
  readonly sizeBytes: number;
  readonly parameters: number;
}

/** Writes a network as an ONNX file, and beside it the specification it is registered with. */
export async function buildNetwork(name: string, weights: WeightSource, file: string): Promise<BuiltNetwork> {
  const architecture = findArchitecture(name);
  const graph = architecture.build(weights);
  const bytes = encodeModel(graph.build());
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
  const spec = specPathOf(file);
  await writeSpecFile(spec, architecture.spec);
  return {
    file,
    spec,
    sizeBytes: bytes.length,
    parameters: graph.layers.reduce((sum, layer) => sum + layer.parameters, 0),
  };
}
