import { registryConnectionSettings } from './registry-connection/registry-connection-settings.js';
import { choiceSetting, integerSetting, textSetting } from './setting-kinds.js';

/** What the engine can be run with on this machine; given by whoever knows the engine. */
export interface EngineChoices<Providers extends readonly [string, ...string[]]> {
  readonly providers: Providers;
  /** CPUs this process may use. */
  readonly cpus: number;
}

/** The settings of every service that runs models from the registry. */
export function engineSettings<const Providers extends readonly [string, ...string[]]>({
  providers,
  cpus,
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
    workers: integerSetting('RESMASK_WORKERS', 'worker threads; each holds every loaded model', {
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
  };
}
