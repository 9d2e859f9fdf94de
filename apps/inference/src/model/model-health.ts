import type { CachedModel } from '@resmask/engine';
import { DomainError, type Reason } from '@resmask/errors';
import { parseModelReference } from '@resmask/resource-names';
import type { Health, HealthStatus } from '@resmask/service-kit';
import type { ReferenceWatch } from './reference-watch.js';

/** References that could not be loaded are remembered for whoever asks how they are, this many. */
const REMEMBERED_FAILURES = 64;
/** Reasons that speak of what was asked for, not of a model that ought to serve. */
const ASKED_WRONGLY: readonly string[] = [
  'MODEL_NOT_FOUND',
  'VERSION_NOT_FOUND',
  'ALIAS_NOT_FOUND',
  'MODEL_REFERENCE_INVALID',
  'RESOURCE_NAME_INVALID',
  'TASK_MISMATCH',
] satisfies Reason[];

/** A reference that is loaded for the first time, or serves the version. */
interface Watched {
  readonly key: string;
  version: string | undefined;
}

/** What holds the loaded versions. */
interface LoadedModels {
  readonly models: readonly CachedModel[];
}

/**
 * Tells grpc.health.v1 how each served reference and each loaded version is, by its name: SERVING while it is loaded, NOT_SERVING while it
 * is loaded for the first time or after that failed. The health of the service itself has nothing to do with it.
 */
export class ModelHealth {
  readonly #watched = new Set<Watched>();
  readonly #failed = new Set<string>();
  #published: ReadonlyMap<string, HealthStatus> = new Map();
  #scheduled = false;
  #engine: LoadedModels = { models: [] };

  constructor(readonly health: Health) {}

  /** Where loaded versions are looked up. */
  observe(engine: LoadedModels): void {
    this.#engine = engine;
    this.changed();
  }

  watch(key: string): ReferenceWatch {
    const watched: Watched = { key, version: undefined };
    this.#watched.add(watched);
    this.changed();
    return {
      serving: (version) => {
        watched.version = version;
        this.#failed.delete(key);
        this.changed();
      },
      failed: (error) => {
        this.#watched.delete(watched);
        this.#remember(key, error);
        this.changed();
      },
      released: () => {
        this.#watched.delete(watched);
        this.changed();
      },
    };
  }

  /** Says anew how everything is, once for all that changes together. */
  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#publish();
    });
  }

  #remember(key: string, error: unknown): void {
    this.#failed.delete(key);
    if (error instanceof DomainError && ASKED_WRONGLY.includes(error.reason)) return;
    this.#failed.add(key);
    for (const old of [...this.#failed].slice(0, -REMEMBERED_FAILURES)) this.#failed.delete(old);
  }

  #publish(): void {
    const statuses = this.#statuses();
    for (const [name, status] of statuses) this.health.set(name, status);
    for (const name of this.#published.keys()) if (!statuses.has(name)) this.health.forget(name);
    this.#published = statuses;
  }

  #statuses(): Map<string, HealthStatus> {
    const statuses = new Map<string, HealthStatus>();
    const say = (name: string, serves: boolean): void => {
      if (serves || !statuses.has(name)) statuses.set(name, serves ? 'SERVING' : 'NOT_SERVING');
    };
    for (const { version, state } of this.#engine.models) say(version.name, state === 'ready');
    for (const key of this.#failed) for (const name of namesOf(key)) say(name, false);
    for (const { key, version } of this.#watched) {
      for (const name of namesOf(key)) say(name, version !== undefined);
      // An ensemble is not in the engine's list, its members are.
      if (version !== undefined) say(version, true);
    }
    return statuses;
  }
}

/** A reference as it was written, and with the alias or the version it means. */
function namesOf(key: string): readonly string[] {
  const [namespace, reference] = key.split('/models/');
  try {
    const parsed = parseModelReference(reference);
    const name = `${namespace}/models/${parsed.model}`;
    return [key, 'version' in parsed ? `${name}/versions/${parsed.version}` : `${name}@${parsed.alias}`];
  } catch {
    // Not a reference at all; whoever wrote it is told by the registry.
    return [];
  }
}
