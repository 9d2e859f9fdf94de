import { DomainError } from '@resmask/errors';
import type { LoadableVersion } from '../loadable-version.js';
import { NativeSession, type NativeSessionOptions } from './native-session.js';

export interface NativeSessionsOptions extends NativeSessionOptions {
  /** Versions that may be loaded at once. */
  readonly maxModels: number;
  /** Brings a version's files into the cache. */
  readonly fetch: (version: LoadableVersion) => Promise<void>;
}

/** Keeps a session open until it is released. */
export interface NativeLease {
  readonly session: NativeSession;
  release(): void;
}

interface Entry {
  readonly version: LoadableVersion;
  readonly opening: Promise<NativeSession>;
  opened: boolean;
  leases: number;
  /** Told when the last lease of an entry that was taken out is released. */
  onIdle?: () => void;
}

/** Sessions by their version's digest, opened when they are needed; the one that was not used for longest makes room. */
export class NativeSessions {
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();

  constructor(readonly options: NativeSessionsOptions) {}

  /** Versions whose sessions are open. */
  get loaded(): LoadableVersion[] {
    return [...this.#entries.values()].filter(({ opened }) => opened).map(({ version }) => version);
  }

  /** @throws DomainError what opening says, or TOO_MANY_MODELS if every open session is in use. */
  async acquire(version: LoadableVersion): Promise<NativeLease> {
    const entry = this.#entries.get(version.digest) ?? this.#open(version);
    this.#entries.delete(version.digest);
    this.#entries.set(version.digest, entry);
    entry.leases += 1;
    const release = releaseOnce(entry);
    try {
      return { session: await entry.opening, release };
    } catch (error) {
      release();
      if (this.#entries.get(version.digest) === entry) this.#entries.delete(version.digest);
      throw error;
    }
  }

  /** Closes a version's session when nobody uses it any more. */
  async unload(digest: string): Promise<void> {
    const entry = this.#entries.get(digest);
    if (!entry) return;
    this.#entries.delete(digest);
    if (entry.leases > 0) {
      await new Promise<void>((resolve) => {
        entry.onIdle = resolve;
      });
    }
    const session = await entry.opening.catch(() => undefined);
    await session?.close();
  }

  /** Closes every session; what still runs fails with SERVICE_UNAVAILABLE. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(async ({ opening }) => (await opening.catch(() => undefined))?.close()));
  }

  #open(version: LoadableVersion): Entry {
    this.#makeRoom();
    const opening = this.options.fetch(version).then(() => NativeSession.open(version, this.options));
    const entry: Entry = { version, opening, opened: false, leases: 0 };
    opening.then(
      () => {
        entry.opened = true;
      },
      () => {},
    );
    return entry;
  }

  #makeRoom(): void {
    if (this.#entries.size < this.options.maxModels) return;
    for (const [digest, { leases }] of this.#entries) {
      if (leases > 0) continue;
      this.unload(digest).catch((error: Error) => this.options.onWorkerLost?.(error));
      return;
    }
    const message = `${this.#entries.size} versions are loaded and in use, the most that is allowed; unload one or raise RESMASK_MAX_MODELS`;
    throw new DomainError('TOO_MANY_MODELS', message, { retryAfterMs: 5000 });
  }
}

function releaseOnce(entry: Entry): () => void {
  let released = false;
  return () => {
    if (released) return;
    released = true;
    entry.leases -= 1;
    if (entry.leases === 0) entry.onIdle?.();
  };
}
