import type { LoadableVersion } from '../loadable-version.js';
import { isStaged, weightBytes } from '../staging/is-staged.js';

/** How many sessions a version gets, and how wide each may run. */
export interface SessionPlan {
  readonly sessions: number;
  /** Threads one run may use. */
  readonly threads: number;
  /** What it will hold: weights and what each session needs besides, in bytes. */
  readonly memoryBytes: number;
}

export interface SessionResources {
  /** Sessions side by side at most. */
  readonly workers: number;
  /** Threads one run may use when there are that many sessions. */
  readonly threads: number;
  /** Weights of one version, all its sessions together, in bytes; at least one session is made whatever it holds. */
  readonly maxVersionBytes: number;
}

/** What a session holds besides weights, as measured: a thread's heap and modules, activations of its batch. */
const SESSION_OVERHEAD_BYTES = 96 * 1024 * 1024;
/** Of a model staged in memory every session holds so many times the weights: the bytes, the library's copies and what freeing them left. */
const COPIES_IN_MEMORY = 5;

/**
 * One session per worker where the weights are small, because runs side by side scale better than threads inside a run; fewer and
 * wider ones where copies of the weights would fill the memory.
 */
export function planSessions(version: LoadableVersion, resources: SessionResources): SessionPlan {
  const weights = weightBytes(version.files);
  const affordable = Math.max(1, Math.floor(resources.maxVersionBytes / Math.max(1, weights)));
  const sessions = Math.min(resources.workers, affordable);
  const threads = Math.max(1, Math.floor((resources.workers * resources.threads) / sessions));
  // Sessions of a staged model map the same file.
  const copies = isStaged(version.files) ? 1 : sessions * COPIES_IN_MEMORY;
  return { sessions, threads, memoryBytes: copies * weights + sessions * SESSION_OVERHEAD_BYTES };
}
