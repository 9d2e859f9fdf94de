import { cpuLimit, PROVIDERS } from '@resmask/runtime';
import { addressSetting, choiceSetting, integerSetting, serviceSettings, textSetting } from '@resmask/service-kit';

/** What the inference service reads from its environment. */
export const inferenceSettings = {
  ...serviceSettings('127.0.0.1:50051'),
  registry: addressSetting('RESMASK_REGISTRY', 'the model registry', '127.0.0.1:50052'),
  cache: textSetting('RESMASK_CACHE', 'where model files from the registry are kept', 'a folder'),
  maxArtifactBytes: integerSetting('RESMASK_MAX_ARTIFACT_BYTES', 'largest model file taken from the registry', {
    min: 1024,
    max: 2_147_483_647,
    default: 1_073_741_824,
  }),
  model: textSetting('RESMASK_MODEL', 'classifier of calls that name none', 'a model reference', 'resmasking-compact'),
  detector: textSetting(
    'RESMASK_DETECTOR',
    'face detector of calls that name none',
    'a model reference',
    'tiny-face-detector',
  ),
  provider: choiceSetting('RESMASK_PROVIDER', 'what computes', PROVIDERS, 'cpu'),
  providerFallback: choiceSetting(
    'RESMASK_PROVIDER_FALLBACK',
    'what to do when the provider is missing',
    ['none', 'cpu'],
    'none',
  ),
  workers: integerSetting('RESMASK_WORKERS', 'worker threads; each holds every loaded model', {
    min: 1,
    max: 256,
    default: cpuLimit(),
    defaultIs: 'the CPUs it may use',
  }),
  threads: integerSetting('RESMASK_WORKER_THREADS', 'threads one run may use inside a worker', {
    min: 1,
    max: 256,
    default: 1,
  }),
  maxModels: integerSetting('RESMASK_MAX_MODELS', 'versions that may be loaded at once', {
    min: 2,
    max: 1000,
    default: 8,
  }),
  maxStreams: integerSetting('RESMASK_MAX_STREAMS', 'streams that may be open at once', {
    min: 1,
    max: 100_000,
    default: 2000,
  }),
  maxFramePixels: integerSetting('RESMASK_MAX_FRAME_PIXELS', 'width × height of the largest image', {
    min: 4096,
    max: 268_435_456,
    default: 25_000_000,
  }),
  minFrameSide: integerSetting('RESMASK_MIN_FRAME_SIDE', 'smallest width and height of an image', {
    min: 1,
    max: 4096,
    default: 16,
  }),
};
