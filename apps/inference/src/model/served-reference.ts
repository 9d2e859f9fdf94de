import type { LoadableVersion, Resolution } from '@resmask/engine';

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

export interface ServedReferenceOptions<Model> {
  /** What the reference means now. */
  readonly resolve: () => Promise<Resolution>;
  /** Loads and warms a version. */
  readonly load: (version: LoadableVersion) => Promise<LoadedVersion<Model>>;
  /** Told of a version that was replaced or unloaded, when its last frame is done. */
  readonly onRetired: (version: LoadableVersion) => void;
  /** Told of a switch that has happened. */
  readonly onSwitched: (from: LoadableVersion, to: LoadableVersion) => void;
}

interface Current<Model> {
  readonly loaded: LoadedVersion<Model>;
  /** Frames that run on it, and one for being current. */
  uses: number;
}

/**
 * What a reference leads to, loaded. When the reference comes to mean another version, that one is loaded and warmed first; then, between two
 * frames, it takes over, and the old one is released when the last frame that runs on it is done.
 */
export class ServedReference<Model> {
  #current: Current<Model>;
  #refreshing: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #unwanted = false;

  private constructor(
    readonly options: ServedReferenceOptions<Model>,
    loaded: LoadedVersion<Model>,
  ) {
    this.#current = { loaded, uses: 1 };
  }

  /** @throws DomainError as resolving and loading say it. */
  static async open<Model>(options: ServedReferenceOptions<Model>): Promise<ServedReference<Model>> {
    const { version } = await options.resolve();
    return new ServedReference(options, await options.load(version));
  }

  /** What a frame that starts now would run on. */
  get version(): LoadableVersion {
    return this.#current.loaded.version;
  }

  get model(): Model {
    return this.#current.loaded.model;
  }

  /** Keeps the version of this moment until the use is released. */
  use(): VersionUse<Model> {
    const current = this.#current;
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

  /**
   * Looks whether the reference means something else by now and switches to it.
   * @throws DomainError if it cannot be resolved or loaded; what is loaded then goes on serving.
   */
  async refresh(): Promise<void> {
    // Whoever asks while a look is on its way wants a look that begins after the asking.
    if (this.#refreshing) this.#again = true;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  /** Says whether what is loaded shall be let go as soon as nobody uses it, instead of waiting for its next use. */
  letGo(unwanted: boolean): void {
    this.#unwanted = unwanted;
  }

  /** Releases what is loaded once the frames that run on it are done. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave(this.#current);
  }

  async #refresh(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#look();
      } catch (error) {
        // What could not be loaded may have been replaced meanwhile.
        if (!this.#again) throw error;
      }
    } while (this.#again && !this.#closed);
  }

  async #look(): Promise<void> {
    const { version } = await this.options.resolve();
    if (!this.#closed && version.name !== this.version.name) await this.#switchTo(version);
  }

  async #switchTo(version: LoadableVersion): Promise<void> {
    const loaded = await this.options.load(version);
    if (this.#closed) {
      loaded.release();
      return;
    }
    const old = this.#current;
    this.#current = { loaded, uses: 1 };
    this.#leave(old);
    this.options.onSwitched(old.loaded.version, version);
  }

  #leave(current: Current<Model>): void {
    current.uses -= 1;
    if (current.uses > 0) return;
    current.loaded.release();
    // What merely is not used may be used again; what was replaced or unloaded is not wanted.
    if (!this.#closed || this.#unwanted || current !== this.#current) this.options.onRetired(current.loaded.version);
  }
}
