import type { LoadableVersion } from './loadable-version.js';

/** What a reference means at the registry. */
export interface Resolution {
  readonly version: LoadableVersion;
}
