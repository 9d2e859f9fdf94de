import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Resolution } from './resolution.js';

/**
 * What references last meant, kept in a file of the cache's folder: a service that starts while the registry is away goes on with it. The
 * files of the versions lie beside it and are verified by their digests when they are loaded.
 */
export class KnownVersions {
  #saving: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    readonly resolutions: Map<string, Resolution | null>,
  ) {}

  /** A file that is not there, or cannot be read, is an empty one. */
  static async open(folder: string): Promise<KnownVersions> {
    const path = join(folder, 'known-versions.json');
    try {
      const entries: [string, Resolution | null][] = JSON.parse(await readFile(path, 'utf8'));
      return new KnownVersions(path, new Map(entries));
    } catch {
      return new KnownVersions(path, new Map());
    }
  }

  /** What an alias or version meant, the latter also if an alias led to it; null if it was known to mean nothing. */
  get(name: string): Resolution | null | undefined {
    const known = this.resolutions.get(name);
    if (known !== undefined) return known;
    return [...this.resolutions.values()].find((resolution) => resolution?.version.name === name);
  }

  /** Remembers what a reference means, or by null that it means nothing yet; resolves when it is on disk. */
  async set(name: string, resolution: Resolution | null): Promise<void> {
    const before = JSON.stringify(this.resolutions.get(name));
    if (before === JSON.stringify(resolution)) return;
    this.resolutions.set(name, resolution);
    this.#saving = this.#saving.then(() => this.#save());
    await this.#saving;
  }

  async #save(): Promise<void> {
    const unfinished = `${this.path}.${process.pid}`;
    try {
      await writeFile(unfinished, JSON.stringify([...this.resolutions]));
      await rename(unfinished, this.path);
    } catch {
      // A full disk must not stop serving; the next change is written again.
    }
  }
}
