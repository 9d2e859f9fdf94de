import type { LoadableVersion } from '@resmask/engine';

interface Known {
  readonly version: Promise<LoadableVersion>;
  readonly until: number;
}

const LIFETIME_MS = 1000;
const MAX_KNOWN = 1000;

/** What references meant a moment ago, so that not every request asks the registry. */
export class RecentVersions {
  readonly #known = new Map<string, Known>();

  /** The version a key was resolved to within the last second, else what `resolve` gives; failures are not kept. */
  get(key: string, resolve: () => Promise<LoadableVersion>): Promise<LoadableVersion> {
    const known = this.#known.get(key);
    if (known && performance.now() < known.until) return known.version;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const version = resolve();
    const entry = { version, until: performance.now() + LIFETIME_MS };
    this.#known.set(key, entry);
    version.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    });
    return version;
  }
}
