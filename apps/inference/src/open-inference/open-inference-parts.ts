import type { Provider as NestProvider } from '@nestjs/common';
import type { VersionSource } from '@resmask/engine';
import type { Provider } from '@resmask/runtime';
import type { Config } from '@resmask/service-kit';
import type { inferenceSettings } from '../inference-settings.js';
import { InferStreams } from './infer-streams.js';
import { InferenceStatistics } from './inference-statistics.js';
import { ModelService } from './model-service.js';
import { NativeModels } from './native-models.js';
import { OpenInferenceController } from './open-inference.controller.js';
import { RegistryNativeModels } from './registry-native-models.js';
import { ServerController } from './server.controller.js';
import { MAX_BATCH, TensorInference } from './tensor-inference.js';

export const OPEN_INFERENCE_CONTROLLERS = [ServerController, OpenInferenceController];

/** What the Open Inference Protocol's slice is made of. @param provider what sessions are really made with */
export function openInferenceParts(
  config: Config<typeof inferenceSettings>,
  source: VersionSource,
  provider: Provider,
  onWorkerLost: (error: Error) => void,
): NestProvider[] {
  const { workers, threads, cache: cacheFolder, maxModels, openInferenceMaxQueued: maxQueued } = config;
  const options = { workers, threads, provider, cacheFolder, maxModels, maxQueued, onWorkerLost };
  return [
    { provide: NativeModels, useValue: new RegistryNativeModels(source, options) },
    { provide: MAX_BATCH, useValue: config.openInferenceMaxBatch },
    InferenceStatistics,
    TensorInference,
    ModelService,
    InferStreams,
  ];
}
