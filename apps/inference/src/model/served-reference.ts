import type { LoadableVersion, Resolution } from '@resmask/engine';
import { VersionSlot, type VersionSlotOptions, type VersionUse } from './version-slot.js';

export interface ServedReferenceOptions<Model> extends VersionSlotOptions<Model> {
  /** What the reference means now. */
  readonly resolve: () => Promise<Resolution>;
  /** Told of a switch that has happened. */
  readonly onSwitched: (from: LoadableVersion, to: LoadableVersion) => void;
  /** Told of a canary or shadow that cannot be loaded; the reference goes on without. */
  readonly onAsideFailed: (version: LoadableVersion, error: unknown) => void;
}

/**
 * What a reference leads to, loaded: the version itself, and beside it those that the alias gives part of the streams (its canary) or shows the
 * same frames (its shadow). It follows what the registry says.
 */
export class ServedReference<Model> {
  readonly #main: VersionSlot<Model>;
  readonly #canary: VersionSlot<Model>;
  readonly #shadow: VersionSlot<Model>;
  #canaryPercent = 0;
  #refreshing: Promise<void> | undefined;
  #again = false;
  #closed = false;

  private constructor(readonly options: ServedReferenceOptions<Model>) {
    this.#main = new VersionSlot(options);
    this.#canary = new VersionSlot(options);
    this.#shadow = new VersionSlot(options);
  }

  /** @throws DomainError as resolving and loading say it. */
  static async open<Model>(options: ServedReferenceOptions<Model>): Promise<ServedReference<Model>> {
    const reference = new ServedReference(options);
    const resolution = await options.resolve();
    await reference.#main.put(resolution.version);
    await reference.#putAside(resolution);
    return reference;
  }

  /** What a frame of most streams that starts now would run on. */
  get version(): LoadableVersion {
    return this.#loadedMain.version;
  }

  get model(): Model {
    return this.#loadedMain.model;
  }

  /** Versions that are loaded beside it. */
  get aside(): LoadableVersion[] {
    return [this.#canary, this.#shadow].flatMap(({ loaded }) => (loaded ? [loaded.version] : []));
  }

  /** Whether there is a version that is shown the same frames. */
  get hasShadow(): boolean {
    return this.#shadow.loaded !== undefined;
  }

  /** Whether a stream of this draw is the canary's now. @param draw 0 (inclusive) to 100 */
  isCanary(draw: number): boolean {
    return draw < this.#canaryPercent && this.#canary.loaded !== undefined;
  }

  /** What a frame of a stream of this draw would run on now. */
  versionOf(draw: number): LoadableVersion {
    return (this.isCanary(draw) ? this.#canary.loaded?.version : undefined) ?? this.version;
  }

  /**
   * Keeps the version of this moment until the use is released.
   * @param draw a stream's own, the same for all of its frames, 0 (inclusive) to 100; 100 is never the canary's
   */
  use(draw = 100): VersionUse<Model> {
    const use = (this.isCanary(draw) ? this.#canary : this.#main).use();
    if (!use) throw new TypeError('a reference that is open has its version');
    return use;
  }

  /** Keeps the version that is shown the same frames, if there is one. */
  useShadow(): VersionUse<Model> | undefined {
    return this.#shadow.use();
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
    for (const slot of [this.#main, this.#canary, this.#shadow]) slot.letGo(unwanted);
  }

  /** Releases what is loaded once the frames that run on it are done. */
  close(): void {
    this.#closed = true;
    for (const slot of [this.#main, this.#canary, this.#shadow]) slot.close();
  }

  get #loadedMain() {
    const { loaded } = this.#main;
    if (!loaded) throw new TypeError('a reference that is open has its version');
    return loaded;
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
    const resolution = await this.options.resolve();
    const from = this.version;
    if (await this.#main.put(resolution.version)) this.options.onSwitched(from, resolution.version);
    await this.#putAside(resolution);
  }

  /** A canary or shadow that cannot be loaded must not keep the others from being served. */
  async #putAside({ canary, shadow }: Resolution): Promise<void> {
    if (!canary) this.#canaryPercent = 0;
    await this.#tryPut(this.#canary, canary?.version);
    this.#canaryPercent = canary?.percent ?? 0;
    await this.#tryPut(this.#shadow, shadow);
  }

  async #tryPut(slot: VersionSlot<Model>, version: LoadableVersion | undefined): Promise<void> {
    try {
      await slot.put(version);
    } catch (error) {
      // What was there before is not what was asked for any more.
      await slot.put(undefined);
      if (version) this.options.onAsideFailed(version, error);
    }
  }
}
