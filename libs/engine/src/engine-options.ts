import type { ImageLimits } from '@resmask/codecs';
import type { ProviderChoice } from '@resmask/runtime';
import type { MissingMemberPolicy } from './model/classifier.js';

/** One run of a classifier's session. */
export interface BatchRun {
  /** Resource name. */
  readonly version: string;
  readonly images: number;
}

export interface EngineOptions {
  /** Sessions of a small version, and threads that prepare images. */
  readonly workers: number;
  /** Threads one run may use; workers × threads should not exceed the CPUs. */
  readonly threads: number;
  readonly provider: ProviderChoice;
  /** The artifact cache's folder; artifacts are verified before a session is made of them. */
  readonly cacheFolder: string;
  readonly limits: ImageLimits;
  /** Versions that may be loaded at once. */
  readonly maxModels: number;
  /** Memory of all loaded versions, in bytes; default without limit. */
  readonly maxModelBytes?: number;
  /** Images of one run at most; default 16. */
  readonly maxBatch?: number;
  /** Batches are not grown beyond this time of a run, in milliseconds; default 25. */
  readonly maxBatchMs?: number;
  /** How long a batch that is not full may wait for more, in milliseconds; default 0. */
  readonly batchWindowMs?: number;
  /** Frames that may wait; default 1024. */
  readonly maxWaiting?: number;
  /** What to do without a member of an ensemble; default `fail`. */
  readonly missingMembers?: MissingMemberPolicy;
  readonly onWorkerLost?: (error: Error) => void;
  /** Told of every batch that ran. */
  readonly onBatch?: (batch: BatchRun) => void;
  /** Told of every change of what is loaded. */
  readonly onModelsChanged?: () => void;
}

export const ENGINE_DEFAULTS = {
  maxModelBytes: Number.POSITIVE_INFINITY,
  maxBatch: 16,
  maxBatchMs: 25,
  batchWindowMs: 0,
  maxWaiting: 1024,
  missingMembers: 'fail',
} as const;
