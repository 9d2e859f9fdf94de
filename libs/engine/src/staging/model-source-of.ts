import { encodeModel } from '@resmask/onnx';
import type { ModelSource } from './model-source.js';
import { readGraph } from './read-graph.js';
import { stageGraph } from './stage-graph.js';
import { stagedModel } from './staged-models.js';
import type { StagingOrder } from './staging-messages.js';

/** Smaller models are staged in memory at every load: that takes less time than another process takes to start. */
const STAGED_FROM_BYTES = 16 * 1024 * 1024;

/** What a version's sessions are opened of. @throws DomainError as `stagedModel`. */
export async function modelSourceOf(order: StagingOrder): Promise<ModelSource> {
  const bytes = order.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes >= STAGED_FROM_BYTES) return stagedModel(order);
  const { model, facts } = stageGraph(await readGraph(order.cacheFolder, order.files), order.purpose);
  return { model: encodeModel(model), optimized: false, facts };
}
