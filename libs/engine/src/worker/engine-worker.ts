import { workerData } from 'node:worker_threads';
import { FolderArtifactStore } from '@resmask/artifacts';
import { probeModel, selectProvider, serveTasks } from '@resmask/runtime';
import type { ClassifyTask, EngineRequest, EngineResponse, EngineWorkerData, LoadTask } from '../engine-messages.js';
import { classify } from './classify.js';
import { decodeInput } from './decode-input.js';
import { LoadedModel, LoadedModels } from './loaded-model.js';
import { prepareInput } from './prepare-input.js';
import { recognize } from './recognize.js';
import { wholeModel } from './whole-model.js';

const { cacheFolder, provider: choice, threads, limits } = workerData as EngineWorkerData;
const models = new LoadedModels();
const provider = selectProvider(choice, probeModel());
// The first request reports a missing provider; until then it is nobody's unhandled rejection.
provider.catch(() => {});

serveTasks<EngineRequest, EngineResponse>(async (request) => ({ response: await answer(request) }));

async function answer(request: EngineRequest): Promise<EngineResponse> {
  switch (request.kind) {
    case 'provider':
      return { kind: 'provider', provider: await provider };
    case 'load':
      await load(request);
      return { kind: 'done' };
    case 'unload':
      await models.unload(request.digest);
      return { kind: 'done' };
    case 'recognize': {
      const { image, classifier, detector, regions, maxFaces } = request;
      const pixels = await decodeInput(image, limits);
      const recognition = await recognize(
        pixels,
        models.get(classifier),
        () => models.get(detector),
        regions,
        maxFaces,
      );
      return { kind: 'recognition', recognition };
    }
    case 'classify':
      return { kind: 'probabilities', probabilities: await classifySamples(request) };
  }
}

async function load({ digest, name, files, spec }: LoadTask): Promise<void> {
  if (models.has(digest)) return;
  const cache = await FolderArtifactStore.open(cacheFolder);
  const contents = new Map<string, Buffer>();
  for (const { path, sha256 } of files) contents.set(path, await cache.readAll(sha256));
  models.set(digest, await LoadedModel.open(name, wholeModel(contents), spec, { provider: await provider, threads }));
}

async function classifySamples({ classifier, images, width, height }: ClassifyTask): Promise<number[][]> {
  const model = models.get(classifier);
  const size = width * height;
  const count = images.length / size;
  const inputs = new Uint8Array(count * model.imageBytes);
  for (let i = 0; i < count; i += 1) {
    const data = images.subarray(i * size, (i + 1) * size);
    inputs.set(prepareInput({ width, height, channels: 1, data }, model.spec.input).data, i * model.imageBytes);
  }
  return classify(model, inputs);
}
