import type { Failure, Provider } from '@resmask/runtime';
import type { LoadableFile } from '../loadable-version.js';
import type { StagingPurpose } from './stage-graph.js';

/** What is to be staged. */
export interface StagingOrder {
  /** The artifact cache's folder; staged models lie in a folder of it. */
  readonly cacheFolder: string;
  readonly files: readonly LoadableFile[];
  readonly purpose: StagingPurpose;
  readonly provider: Provider;
}

/** What the process that stages is asked: to write into an empty folder. */
export interface StagingRequest extends StagingOrder {
  readonly folder: string;
}

export type StagingReply = { readonly done: true } | { readonly failure: Failure };
