import {
  choiceSetting,
  databaseSettings,
  integerSetting,
  optionalSetting,
  serviceSettings,
  textSetting,
} from '@resmask/service-kit';

/** What the registry reads from its environment. */
export const registrySettings = {
  ...serviceSettings('127.0.0.1:50052'),
  ...databaseSettings(),
  artifacts: textSetting(
    'RESMASK_ARTIFACTS',
    'where the files of versions are stored',
    'a folder, or s3://bucket/prefix',
  ),
  s3Endpoint: optionalSetting(
    'RESMASK_S3_ENDPOINT',
    "URL of the S3-compatible server; Amazon's own without it",
    'a URL',
  ),
  s3Region: optionalSetting('RESMASK_S3_REGION', 'region of the bucket; AWS_REGION without it', 'a name'),
  s3PathStyle: choiceSetting(
    'RESMASK_S3_PATH_STYLE',
    "the bucket in the path instead of the host name, as most servers other than Amazon's need it",
    ['no', 'yes'],
    'no',
  ),
  maxArtifactBytes: integerSetting('RESMASK_MAX_ARTIFACT_BYTES', 'largest file of a version', {
    min: 1024,
    max: 1_099_511_627_776,
    default: 4_294_967_296,
  }),
  gcIntervalMs: integerSetting(
    'RESMASK_GC_INTERVAL_MS',
    'time between collections of files nothing refers to; 0: never',
    {
      min: 0,
      max: 86_400_000,
      default: 3_600_000,
    },
  ),
  gcGraceMs: integerSetting('RESMASK_GC_GRACE_MS', 'how long a file stays that nothing refers to', {
    min: 0,
    max: 2_592_000_000,
    default: 86_400_000,
  }),
};
