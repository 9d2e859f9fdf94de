import { cpuLimit, PROVIDERS } from '@resmask/runtime';
import {
  addressSetting,
  choiceSetting,
  databaseSettings,
  integerSetting,
  serviceSettings,
  textSetting,
} from '@resmask/service-kit';

/** What the evaluation service reads from its environment. */
export const evaluationSettings = {
  ...serviceSettings('127.0.0.1:50053'),
  ...databaseSettings(),
  registry: addressSetting('RESMASK_REGISTRY', 'the model registry', '127.0.0.1:50052'),
  cache: textSetting('RESMASK_CACHE', 'where model files from the registry are kept', 'a folder'),
  artifacts: textSetting('RESMASK_ARTIFACTS', 'where the samples of data sets are stored', 'a folder'),
  maxArtifactBytes: integerSetting('RESMASK_MAX_ARTIFACT_BYTES', 'largest model file taken from the registry', {
    min: 1024,
    max: 2_147_483_647,
    default: 1_073_741_824,
  }),
  maxDatasetBytes: integerSetting('RESMASK_MAX_DATASET_BYTES', 'largest file imported as a data set', {
    min: 1024,
    max: 1_099_511_627_776,
    default: 4_294_967_296,
  }),
  provider: choiceSetting('RESMASK_PROVIDER', 'what computes', PROVIDERS, 'cpu'),
  providerFallback: choiceSetting(
    'RESMASK_PROVIDER_FALLBACK',
    'what to do when the provider is missing',
    ['none', 'cpu'],
    'none',
  ),
  workers: integerSetting('RESMASK_WORKERS', 'worker threads, and shards of a run scored at once', {
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
  shardSize: integerSetting('RESMASK_SHARD_SIZE', 'samples that are scored and stored together', {
    min: 1,
    max: 10_000,
    default: 128,
  }),
};
