import { FolderArtifactStore } from '@resmask/artifacts';
import { RegistryClient } from '@resmask/client';
import { GRPCInferenceServiceService } from '@resmask/contracts/open-inference';
import { Engine, KnownVersions, VersionSource } from '@resmask/engine';
import {
  CallErrors,
  type Config,
  createLogger,
  Drain,
  Readiness,
  type RunningService,
  registryConnection,
  ServiceLog,
  startService,
  type Telemetry,
} from '@resmask/service-kit';
import { InferenceModule } from './inference.module.js';
import { InferenceObservation } from './inference-observation.js';
import { inferencePolicy } from './inference-policy.js';
import { inferenceService } from './inference-service.js';
import type { inferenceSettings } from './inference-settings.js';
import { AliasWatch } from './model/alias-watch.js';
import { DefaultModels } from './model/model-choice.js';
import { PinnedModels } from './model/pinned-models.js';
import { WATCH_REFERENCE } from './model/reference-watch.js';
import { ServingModels } from './model/serving-models.js';
import { openInferenceParts } from './open-inference/open-inference-parts.js';
import { openInferencePolicy } from './open-inference/open-inference-policy.js';
import { preload } from './preload.js';

export const INFERENCE_SERVICES = {
  'resmask.inference.v1.InferenceService': inferenceService,
  'inference.GRPCInferenceService': GRPCInferenceServiceService,
};
export const INFERENCE_POLICIES = {
  'resmask.inference.v1.InferenceService': inferencePolicy,
  'inference.GRPCInferenceService': openInferencePolicy,
};

/** What clients may send ahead of what is read: a few pictures, so that a frame comes in one piece and a distant client is not held up. */
const RECEIVE_WINDOW_BYTES = 256 * 1024;

/** Starts the inference service in this process; it is ready when the default models are warm. */
export async function startInference(
  config: Config<typeof inferenceSettings>,
  telemetry: Telemetry,
): Promise<RunningService> {
  const log = new ServiceLog(createLogger('inference', config.logLevel));
  const cache = await FolderArtifactStore.open(config.cache);
  const registry = new RegistryClient(config.registry, await registryConnection(config));
  const observation = new InferenceObservation(telemetry.metrics);
  const engine = await Engine.start({
    workers: config.workers,
    threads: config.threads,
    provider: { wanted: config.provider, fallback: config.providerFallback },
    cacheFolder: config.cache,
    limits: { maxPixels: config.maxFramePixels, minSide: config.minFrameSide, shrinkSide: config.shrinkSide },
    maxModels: config.maxModels,
    maxModelBytes: config.modelMemoryBytes,
    maxBatch: config.maxBatch,
    maxBatchMs: config.maxBatchMs,
    batchWindowMs: config.batchWindowMs,
    maxWaiting: config.maxWaiting,
    missingMembers: config.missingMembers,
    onWorkerLost: (error) => log.logger.error({ err: error }, 'a worker thread was lost'),
    ...observation.engineEvents,
  });
  log.logger.info({ provider: engine.provider, workers: config.workers }, 'engine started');
  if (engine.provider !== config.provider)
    log.logger.warn({ wanted: config.provider, provider: engine.provider }, 'fell back');
  observation.observe(engine);
  const known = await KnownVersions.open(config.cache);
  const defaults = new DefaultModels(config.model, config.detector);
  const drain = new Drain();
  const readiness = new Readiness(false);
  const errors = new CallErrors(log.logger);
  const source = new VersionSource(registry, cache, config.maxArtifactBytes, known);
  const parts = [
    { provide: Engine, useValue: engine },
    { provide: VersionSource, useValue: source },
    { provide: DefaultModels, useValue: defaults },
    { provide: ServiceLog, useValue: log },
    { provide: Drain, useValue: drain },
    { provide: CallErrors, useValue: errors },
    { provide: Readiness, useValue: readiness },
    ...openInferenceParts(config, source, engine.provider, (error) =>
      log.logger.error({ err: error }, 'a worker thread of a native model was lost'),
    ),
    { provide: WATCH_REFERENCE, useValue: observation.watchReference },
  ];
  const module = InferenceModule.with(parts, config, observation.frames);
  const service = await startService({
    module,
    services: INFERENCE_SERVICES,
    policies: INFERENCE_POLICIES,
    config,
    log,
    errors,
    drain,
    readiness,
    receiveWindowBytes: RECEIVE_WINDOW_BYTES,
    health: observation.health,
    telemetry,
  });
  const stopping = new AbortController();
  const pins = service.app.get(PinnedModels);
  const preloading = preload(pins, defaults, readiness, log.logger, stopping.signal);
  const watch = new AliasWatch(registry, service.app.get(ServingModels), log.logger);
  return {
    ...service,
    close: async () => {
      stopping.abort();
      await service.close();
      await Promise.all([preloading, watch.close()]);
      await engine.close();
      registry.close();
    },
  };
}
