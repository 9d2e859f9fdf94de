import type { LoadableVersion } from '../loadable-version.js';

/** How many sessions a version gets, and how wide each may run. */
export interface SessionPlan {
  readonly sessions: number;
  /** Threads one run may use. */
  readonly threads: number;
  /** What it will hold: weights × sessions and what each session needs besides, in bytes. */
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

/** What a session holds besides weights: a thread's heap, the library's arena. */
const SESSION_OVERHEAD_BYTES = 32 * 1024 * 1024;

/**
 * One session per worker where the weights are small, because runs side by side scale better than threads inside a run; fewer and
 * wider ones where copies of the weights would fill the memory.
 */
export function planSessions(version: LoadableVersion, resources: SessionResources): SessionPlan {
  const weights = version.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const affordable = Math.max(1, Math.floor(resources.maxVersionBytes / Math.max(1, weights)));
  const sessions = Math.min(resources.workers, affordable);
  const threads = Math.max(1, Math.floor((resources.workers * resources.threads) / sessions));
  return { sessions, threads, memoryBytes: sessions * (weights + SESSION_OVERHEAD_BYTES) };
}
