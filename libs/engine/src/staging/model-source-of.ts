import { FolderArtifactStore } from '@resmask/artifacts';
import { encodeModel } from '@resmask/onnx';
import { isStaged } from './is-staged.js';
import type { ModelSource } from './model-source.js';
import { readGraph } from './read-graph.js';
import { stageGraph } from './stage-graph.js';
import { stagedModel } from './staged-models.js';
import type { StagingOrder } from './staging-messages.js';

/** What a version's sessions are opened of. @throws DomainError as `stagedModel`. */
export async function modelSourceOf(order: StagingOrder): Promise<ModelSource> {
  const { cacheFolder, files, purpose } = order;
  if (isStaged(files)) return stagedModel(order);
  if (purpose.role === 'native' && files.length === 1) {
    const cache = await FolderArtifactStore.open(cacheFolder);
    return { model: await cache.readAll(files[0].sha256), optimized: false, facts: {} };
  }
  const { model, facts } = stageGraph(await readGraph(cacheFolder, files), purpose);
  return { model: encodeModel(model), optimized: false, facts };
}
