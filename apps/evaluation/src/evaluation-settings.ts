import { cpuLimit, memoryLimit, PROVIDERS } from '@resmask/runtime';
import { databaseSettings, engineSettings, integerSetting, serviceSettings, textSetting } from '@resmask/service-kit';

/** What the evaluation service reads from its environment. */
export const evaluationSettings = {
  ...serviceSettings('127.0.0.1:50053'),
  ...databaseSettings(),
  ...engineSettings({ providers: PROVIDERS, cpus: cpuLimit(), memoryBytes: memoryLimit() }),
  artifacts: textSetting('RESMASK_ARTIFACTS', 'where the samples of data sets are stored', 'a folder'),
  maxDatasetBytes: integerSetting('RESMASK_MAX_DATASET_BYTES', 'largest file imported as a data set', {
    min: 1024,
    max: 1_099_511_627_776,
    default: 4_294_967_296,
  }),
  shardSize: integerSetting('RESMASK_SHARD_SIZE', 'samples that are scored and stored together', {
    min: 1,
    max: 10_000,
    default: 128,
  }),
};
