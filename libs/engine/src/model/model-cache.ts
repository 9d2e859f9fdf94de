import { DomainError } from '@resmask/errors';
import type { LoadableVersion } from '../loadable-version.js';
import type { ModelSessions } from './model-sessions.js';
import type { SessionPlan } from './session-plan.js';

/** How far a version is. */
export type LoadState = 'loading' | 'ready' | 'failed';

/** A version in the cache, as it is told to people. */
export interface CachedModel {
  readonly version: LoadableVersion;
  readonly state: LoadState;
  readonly plan: SessionPlan;
  readonly maxBatch: number;
  /** Leases that are out. */
  readonly uses: number;
  readonly error: unknown;
}

/** Keeps sessions loaded until it is released. */
export interface SessionsLease {
  readonly sessions: ModelSessions;
  release(): void;
}

export interface ModelCacheOptions {
  /** Versions at once. */
  readonly maxModels: number;
  /** Bytes of all versions together. */
  readonly maxBytes: number;
  readonly plan: (version: LoadableVersion) => SessionPlan;
  readonly open: (version: LoadableVersion, plan: SessionPlan) => Promise<ModelSessions>;
  /** Told of every change of what is loaded. */
  readonly onChange: () => void;
  /** Told what went wrong while a version was let go. */
  readonly onError: (error: Error) => void;
}

interface Entry {
  readonly version: LoadableVersion;
  readonly plan: SessionPlan;
  readonly opening: Promise<ModelSessions>;
  sessions: ModelSessions | undefined;
  uses: number;
}

/** Versions that failed are remembered for `list`, this many. */
const REMEMBERED_FAILURES = 16;

/** The loaded versions by digest: within a budget of memory, least recently used ones let go first, those in use never. */
export class ModelCache {
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #failed = new Map<string, { version: LoadableVersion; plan: SessionPlan; error: unknown }>();

  constructor(readonly options: ModelCacheOptions) {}

  /** Bytes that loaded versions hold, by plan. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { plan }) => sum + plan.memoryBytes, 0);
  }

  list(): CachedModel[] {
    const failed = [...this.#failed.values()].map(
      ({ version, plan, error }): CachedModel => ({ version, plan, state: 'failed', maxBatch: 0, uses: 0, error }),
    );
    const entries = [...this.#entries.values()].map(
      ({ version, plan, sessions, uses }): CachedModel => ({
        version,
        plan,
        state: sessions ? 'ready' : 'loading',
        maxBatch: sessions?.maxBatch ?? 0,
        uses,
        error: undefined,
      }),
    );
    return [...entries, ...failed].toSorted((a, b) => a.version.name.localeCompare(b.version.name));
  }

  /**
   * Loads and warms a version unless it is loaded, and keeps it until the lease is released.
   * @throws DomainError what loading says, TOO_MANY_MODELS or MODEL_MEMORY_EXCEEDED if what is in use leaves no room.
   */
  async acquire(version: LoadableVersion): Promise<SessionsLease> {
    const entry = this.#entries.get(version.digest) ?? this.#startLoading(version);
    this.#entries.delete(version.digest);
    this.#entries.set(version.digest, entry);
    entry.uses += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      entry.uses -= 1;
    };
    try {
      return { sessions: await entry.opening, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Lets a version go unless somebody uses it. @returns whether it is gone */
  evict(digest: string): boolean {
    const entry = this.#entries.get(digest);
    if (!entry) return true;
    if (entry.uses > 0) return false;
    this.#entries.delete(digest);
    entry.opening.then((sessions) => sessions.close()).catch((error: Error) => this.options.onError(error));
    this.options.onChange();
    return true;
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.allSettled(entries.map(async ({ opening }) => (await opening).close()));
  }

  #startLoading(version: LoadableVersion): Entry {
    const plan = this.options.plan(version);
    this.#makeRoom(version, plan);
    const opening = this.options.open(version, plan);
    const entry: Entry = { version, plan, opening, sessions: undefined, uses: 0 };
    this.#failed.delete(version.digest);
    opening.then(
      (sessions) => {
        entry.sessions = sessions;
        this.options.onChange();
      },
      (error: unknown) => this.#forget(entry, error),
    );
    return entry;
  }

  #forget(entry: Entry, error: unknown): void {
    const { version, plan } = entry;
    if (this.#entries.get(version.digest) === entry) this.#entries.delete(version.digest);
    this.#failed.set(version.digest, { version, plan, error });
    for (const digest of [...this.#failed.keys()].slice(0, -REMEMBERED_FAILURES)) this.#failed.delete(digest);
    this.options.onChange();
  }

  #makeRoom({ name }: LoadableVersion, { memoryBytes }: SessionPlan): void {
    const { maxModels, maxBytes } = this.options;
    const fits = (): boolean => this.#entries.size < maxModels && this.bytes + memoryBytes <= maxBytes;
    for (const [digest, { uses }] of this.#entries) {
      if (fits()) return;
      if (uses === 0) this.evict(digest);
    }
    if (fits()) return;
    const inUse = `${this.#entries.size} versions of ${megabytes(this.bytes)} are in use`;
    if (this.#entries.size >= maxModels) {
      const message = `${inUse}, the most that is allowed; end a stream or raise RESMASK_MAX_MODELS`;
      throw new DomainError('TOO_MANY_MODELS', message, { retryAfterMs: 5000 });
    }
    const message = `${name} needs ${megabytes(memoryBytes)} and ${inUse}; ${megabytes(maxBytes)} are allowed: unload a model, or raise RESMASK_MODEL_MEMORY_BYTES`;
    throw new DomainError('MODEL_MEMORY_EXCEEDED', message, { retryAfterMs: 5000 });
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}
