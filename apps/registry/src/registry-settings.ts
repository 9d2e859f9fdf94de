import { databaseSettings, integerSetting, serviceSettings, textSetting } from '@resmask/service-kit';

/** What the registry reads from its environment. */
export const registrySettings = {
  ...serviceSettings('127.0.0.1:50052'),
  ...databaseSettings(),
  artifacts: textSetting('RESMASK_ARTIFACTS', 'where the files of versions are stored', 'a folder'),
  maxArtifactBytes: integerSetting('RESMASK_MAX_ARTIFACT_BYTES', 'largest file of a version', {
    min: 1024,
    max: 2_147_483_647,
    default: 1_073_741_824,
  }),
};
