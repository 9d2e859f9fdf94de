import { DomainError } from '@resmask/errors';
import type { LoadableVersion } from '../loadable-version.js';
import type { SessionRole } from '../worker/model-task.js';
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
  readonly plan: (version: LoadableVersion, role: SessionRole) => SessionPlan;
  readonly open: (version: LoadableVersion, plan: SessionPlan, role: SessionRole) => Promise<ModelSessions>;
  /** Told of every change of what is loaded. */
  readonly onChange: () => void;
  /** Told what went wrong while a version was let go. */
  readonly onError: (error: Error) => void;
}

interface Entry {
  readonly key: string;
  readonly version: LoadableVersion;
  readonly plan: SessionPlan;
  readonly opening: Promise<ModelSessions>;
  sessions: ModelSessions | undefined;
  uses: number;
}

/** Versions that failed are remembered for `list`, this many. */
const REMEMBERED_FAILURES = 16;
const ROLES: readonly SessionRole[] = ['serve', 'explain'];

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
  async acquire(version: LoadableVersion, role: SessionRole = 'serve'): Promise<SessionsLease> {
    const key = keyOf(version.digest, role);
    const entry = this.#entries.get(key) ?? this.#startLoading(key, version, role);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (!entry.sessions && entry.uses === 0) this.options.onChange();
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

  /** Lets a version go, but not the sessions of it that somebody uses. */
  evict(digest: string): void {
    for (const role of ROLES) this.#evict(keyOf(digest, role));
  }

  #evict(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry || entry.uses > 0) return;
    this.#entries.delete(key);
    entry.opening.then((sessions) => sessions.close()).catch((error: Error) => this.options.onError(error));
    this.options.onChange();
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.allSettled(entries.map(async ({ opening }) => (await opening).close()));
  }

  #startLoading(key: string, version: LoadableVersion, role: SessionRole): Entry {
    const plan = this.options.plan(version, role);
    this.#makeRoom(version, plan);
    const opening = this.options.open(version, plan, role);
    const entry: Entry = { key, version, plan, opening, sessions: undefined, uses: 0 };
    this.#failed.delete(key);
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
    const { key, version, plan } = entry;
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    this.#failed.set(key, { version, plan, error });
    for (const old of [...this.#failed.keys()].slice(0, -REMEMBERED_FAILURES)) this.#failed.delete(old);
    this.options.onChange();
  }

  #makeRoom({ name }: LoadableVersion, { memoryBytes }: SessionPlan): void {
    const { maxModels, maxBytes } = this.options;
    const fits = (): boolean => this.#entries.size < maxModels && this.bytes + memoryBytes <= maxBytes;
    for (const [key, { uses }] of this.#entries) {
      if (fits()) return;
      if (uses === 0) this.#evict(key);
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

function keyOf(digest: string, role: SessionRole): string {
  return `${role}:${digest}`;
}
