import type { LoadableVersion } from './loadable-version.js';

/** What a reference means at the registry. */
export interface Resolution {
  readonly version: LoadableVersion;
  /** The version that part of the streams shall use, and how many percent, 1 to 99. */
  readonly canary?: { readonly version: LoadableVersion; readonly percent: number };
  /** The version that is shown the same frames; its answers are compared and never sent. */
  readonly shadow?: LoadableVersion;
}
