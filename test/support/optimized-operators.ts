import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModel, encodeModel, type ModelProto } from '@resmask/onnx';
import { InferenceSession } from 'onnxruntime-node';

/** Operators ONNX Runtime's CPU provider really runs for a model, each once, in alphabetical order. */
export async function optimizedOperators(model: ModelProto): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'resmask-optimized-'));
  const optimizedModelFilePath = join(folder, 'optimized.onnx');
  try {
    const options = { graphOptimizationLevel: 'all', optimizedModelFilePath, logSeverityLevel: 3 } as const;
    await (await InferenceSession.create(encodeModel(model), options)).release();
    const { graph } = decodeModel(await readFile(optimizedModelFilePath));
    return [...new Set(graph?.node.map(({ opType = '' }) => opType))].sort();
  } finally {
    await rm(folder, { recursive: true });
  }
}
