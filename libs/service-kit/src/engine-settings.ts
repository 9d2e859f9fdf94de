import { registryConnectionSettings } from './registry-connection/registry-connection-settings.js';
import { choiceSetting, integerSetting, textSetting } from './setting-kinds.js';

/** What the engine can be run with on this machine; given by whoever knows the engine. */
export interface EngineChoices<Providers extends readonly [string, ...string[]]> {
  readonly providers: Providers;
  /** CPUs this process may use. */
  readonly cpus: number;
  /** Memory this process may use, in bytes. */
  readonly memoryBytes: number;
}

/** The settings of every service that runs models from the registry. */
export function engineSettings<const Providers extends readonly [string, ...string[]]>({
  providers,
  cpus,
  memoryBytes,
}: EngineChoices<Providers>) {
  return {
    ...registryConnectionSettings(),
    cache: textSetting('RESMASK_CACHE', 'where model files from the registry are kept', 'a folder'),
    maxArtifactBytes: integerSetting('RESMASK_MAX_ARTIFACT_BYTES', 'largest model file taken from the registry', {
      min: 1024,
      max: 2_147_483_647,
      default: 1_073_741_824,
    }),
    provider: choiceSetting('RESMASK_PROVIDER', 'what computes', providers, providers[0]),
    providerFallback: choiceSetting(
      'RESMASK_PROVIDER_FALLBACK',
      'what to do when the provider is missing',
      ['none', 'cpu'],
      'none',
    ),
    workers: integerSetting('RESMASK_WORKERS', 'sessions of a small model, and threads that prepare images', {
      min: 1,
      max: 256,
      default: cpus,
      defaultIs: 'the CPUs it may use',
    }),
    threads: integerSetting('RESMASK_WORKER_THREADS', 'threads one run may use inside a worker', {
      min: 1,
      max: 256,
      default: 1,
    }),
    modelMemoryBytes: integerSetting(
      'RESMASK_MODEL_MEMORY_BYTES',
      'memory for loaded models: weights and 96 MiB per session; those unused for longest are let go',
      {
        min: 1_048_576,
        max: Number.MAX_SAFE_INTEGER,
        default: Math.max(536_870_912, Math.floor(memoryBytes / 2)),
        defaultIs: 'half the memory it may use',
      },
    ),
    maxBatch: integerSetting('RESMASK_MAX_BATCH', 'images of one run at most', { min: 1, max: 64, default: 16 }),
    maxBatchMs: integerSetting(
      'RESMASK_MAX_BATCH_MS',
      'batches are not grown beyond this time of a run, measured when a model is loaded',
      { min: 1, max: 60_000, default: 25 },
    ),
    batchWindowMs: integerSetting(
      'RESMASK_BATCH_WINDOW_MS',
      'how long a batch that is not full may wait for more; 0 never lets a session idle, a GPU may gain from a few',
      { min: 0, max: 1000, default: 0 },
    ),
    missingMembers: choiceSetting(
      'RESMASK_MISSING_MEMBERS',
      'without a member of an ensemble: fail, or skip it and take the mean of the others',
      ['fail', 'skip'],
      'fail',
    ),
  };
}
