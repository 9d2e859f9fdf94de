import { FolderArtifactStore } from '@resmask/artifacts';
import { RegistryClient } from '@resmask/client';
import { InferenceServiceService } from '@resmask/contracts/inference.v1';
import { Engine, VersionSource } from '@resmask/engine';
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
} from '@resmask/service-kit';
import { InferenceModule } from './inference.module.js';
import { inferencePolicy } from './inference-policy.js';
import type { inferenceSettings } from './inference-settings.js';
import { DefaultModels, ServingModels } from './model/serving-models.js';
import { preload } from './preload.js';

export const INFERENCE_SERVICES = { 'resmask.inference.v1.InferenceService': InferenceServiceService };
export const INFERENCE_POLICIES = { 'resmask.inference.v1.InferenceService': inferencePolicy };

/** Starts the inference service in this process; it is ready when the default models are warm. */
export async function startInference(config: Config<typeof inferenceSettings>): Promise<RunningService> {
  const log = new ServiceLog(createLogger('inference', config.logLevel));
  const cache = await FolderArtifactStore.open(config.cache);
  const registry = new RegistryClient(config.registry, await registryConnection(config));
  const engine = await Engine.start({
    workers: config.workers,
    threads: config.threads,
    provider: { wanted: config.provider, fallback: config.providerFallback },
    cacheFolder: config.cache,
    limits: { maxPixels: config.maxFramePixels, minSide: config.minFrameSide },
    maxModels: config.maxModels,
    onWorkerLost: (error) => log.logger.error({ err: error }, 'a worker thread was lost'),
  });
  log.logger.info({ provider: engine.provider, workers: config.workers }, 'engine started');
  if (engine.provider !== config.provider)
    log.logger.warn({ wanted: config.provider, provider: engine.provider }, 'fell back');
  const drain = new Drain();
  const readiness = new Readiness(false);
  const errors = new CallErrors(log.logger);
  const parts = [
    { provide: Engine, useValue: engine },
    { provide: VersionSource, useValue: new VersionSource(registry, cache, config.maxArtifactBytes) },
    { provide: DefaultModels, useValue: new DefaultModels(config.model, config.detector) },
    { provide: Drain, useValue: drain },
    { provide: CallErrors, useValue: errors },
  ];
  const module = InferenceModule.with(parts, config);
  const service = await startService({
    module,
    services: INFERENCE_SERVICES,
    policies: INFERENCE_POLICIES,
    config,
    log,
    errors,
    drain,
    readiness,
  });
  const stopping = new AbortController();
  const preloading = preload(service.app.get(ServingModels), readiness, log.logger, stopping.signal);
  return {
    ...service,
    close: async () => {
      stopping.abort();
      await service.close();
      await preloading;
      await engine.close();
      registry.close();
    },
  };
}
