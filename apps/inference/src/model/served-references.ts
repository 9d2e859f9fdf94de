import { DomainError } from '@resmask/errors';
import type { Logger } from '@resmask/service-kit';
import type { ReferenceWatch, WatchReference } from './reference-watch.js';
import { ServedReference, type ServedReferenceOptions } from './served-reference.js';

/** Keeps a reference served, and followed, until it is released. */
export interface Hold<Model> {
  readonly reference: ServedReference<Model>;
  release(): void;
}

interface Entry<Model> {
  readonly key: string;
  readonly opening: Promise<ServedReference<Model>>;
  opened: boolean;
  readonly watch: ReferenceWatch;
  holds: number;
}

/** The references that streams, calls and the operator want served, each opened once however many want it. */
export class ServedReferences<Model> {
  readonly #entries = new Map<string, Entry<Model>>();

  constructor(
    readonly options: (key: string) => ServedReferenceOptions<Model>,
    readonly logger: Logger,
    readonly watch: WatchReference,
  ) {}

  /** Keys that are served now: namespace and reference. Not those being looked up: anybody can ask for names that do not exist. */
  get keys(): readonly string[] {
    return [...this.#entries.values()].filter(({ opened }) => opened).map(({ key }) => key);
  }

  /** What is loaded, by key. */
  async loaded(): Promise<ReadonlyMap<string, ServedReference<Model>>> {
    const settled = await Promise.allSettled(
      [...this.#entries.values()].map(async ({ key, opening }) => [key, await opening] as const),
    );
    return new Map(settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  }

  /** @throws DomainError as resolving and loading say it. */
  async hold(key: string): Promise<Hold<Model>> {
    const entry = this.#entries.get(key) ?? this.#open(key);
    entry.holds += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      this.#leave(entry);
    };
    try {
      return { reference: await entry.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Looks whether references mean something else by now; problems are logged, and what is loaded goes on serving. */
  async refresh(wanted: (key: string) => boolean): Promise<void> {
    const entries = [...this.#entries.values()].filter(({ key }) => wanted(key));
    await Promise.all(entries.map((entry) => this.#refresh(entry)));
  }

  async #refresh({ key, opening }: Entry<Model>): Promise<void> {
    const reference = await opening.catch(() => undefined);
    try {
      await reference?.refresh();
    } catch (error) {
      const away = error instanceof DomainError && error.code === 'UNAVAILABLE';
      this.logger[away ? 'debug' : 'warn']({ reference: key, err: error }, 'a model reference cannot be followed');
    }
  }

  #open(key: string): Entry<Model> {
    const watch = this.watch(key);
    const opening = ServedReference.open(this.#watched(this.options(key), watch));
    const entry: Entry<Model> = { key, opening, watch, opened: false, holds: 0 };
    this.#entries.set(key, entry);
    opening.then(
      (reference) => {
        entry.opened = true;
        watch.serving(reference.version.name);
      },
      (error: unknown) => {
        // Whoever holds it is told; a failure must not stay for the next one to find.
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        watch.failed(error);
      },
    );
    return entry;
  }

  #watched(options: ServedReferenceOptions<Model>, watch: ReferenceWatch): ServedReferenceOptions<Model> {
    return {
      ...options,
      onSwitched: (from, to) => {
        options.onSwitched(from, to);
        watch.serving(to.name);
      },
    };
  }

  #leave(entry: Entry<Model>): void {
    entry.holds -= 1;
    if (entry.holds > 0) return;
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    entry.opening
      .then((reference) => {
        reference.close();
        entry.watch.released();
      })
      .catch(() => {});
  }
}
