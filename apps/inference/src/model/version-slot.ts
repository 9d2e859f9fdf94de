import type { LoadableVersion } from '@resmask/engine';

/** A version that is loaded until it is released. */
export interface LoadedVersion<Model> {
  readonly version: LoadableVersion;
  readonly model: Model;
  release(): void;
}

/** A version in use for one frame or call. */
export interface VersionUse<Model> {
  readonly version: LoadableVersion;
  readonly model: Model;
  release(): void;
}

export interface VersionSlotOptions<Model> {
  /** Loads and warms a version. */
  readonly load: (version: LoadableVersion) => Promise<LoadedVersion<Model>>;
  /** Told of a version that was replaced or unloaded, when its last frame is done. */
  readonly onRetired: (version: LoadableVersion) => void;
}

interface Current<Model> {
  readonly loaded: LoadedVersion<Model>;
  /** Frames that run on it, and one for being current. */
  uses: number;
}

/**
 * Place for one version. Another one that takes it is loaded and warmed first; then, between two frames, it takes over, and the old one is
 * released when the last frame that runs on it is done.
 */
export class VersionSlot<Model> {
  #current: Current<Model> | undefined;
  #closed = false;
  #unwanted = false;

  constructor(readonly options: VersionSlotOptions<Model>) {}

  /** What a frame that starts now would run on. */
  get loaded(): LoadedVersion<Model> | undefined {
    return this.#current?.loaded;
  }

  /** Keeps the version of this moment until the use is released. */
  use(): VersionUse<Model> | undefined {
    const current = this.#current;
    if (!current) return undefined;
    const { version, model } = current.loaded;
    current.uses += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#leave(current);
    };
    return { version, model, release };
  }

  /** Puts a version there, or none; the one that is there stays if it is the same, or if the new one cannot be loaded. @returns whether it changed */
  async put(version: LoadableVersion | undefined): Promise<boolean> {
    if (this.#closed || version?.name === this.#current?.loaded.version.name) return false;
    const loaded = version && (await this.options.load(version));
    if (this.#closed) {
      loaded?.release();
      return false;
    }
    const old = this.#current;
    this.#current = loaded && { loaded, uses: 1 };
    if (old) this.#leave(old);
    return true;
  }

  /** Says whether what is loaded shall be let go as soon as nobody uses it, instead of waiting for its next use. */
  letGo(unwanted: boolean): void {
    this.#unwanted = unwanted;
  }

  /** Releases what is loaded once the frames that run on it are done. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#current) this.#leave(this.#current);
  }

  #leave(current: Current<Model>): void {
    current.uses -= 1;
    if (current.uses > 0) return;
    current.loaded.release();
    // What merely is not used may be used again; what was replaced or unloaded is not wanted.
    if (!this.#closed || this.#unwanted || current !== this.#current) this.options.onRetired(current.loaded.version);
  }
}
