import type { AnyTensor, Provider, TensorSignature } from '@resmask/runtime';
import type { LoadableFile } from '../loadable-version.js';

/** What a graph takes and gives. */
export interface ModelSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** What every worker of a session is started with. */
export interface NativeWorkerData {
  /** Resource name of the version, for messages. */
  readonly name: string;
  readonly files: readonly LoadableFile[];
  readonly cacheFolder: string;
  readonly provider: Provider;
  readonly threads: number;
}

/** Tensors to run a model with. */
export interface NativeTask {
  readonly feeds: Readonly<Record<string, AnyTensor>>;
  /** Outputs to answer with. */
  readonly outputs: readonly string[];
}

/** Where the time of a run went, in nanoseconds. */
export interface NativeTimings {
  /** Waiting for a worker. */
  readonly queueNs: number;
  /** Between the worker's turn and the run. */
  readonly inputNs: number;
  readonly inferNs: number;
  /** From the run to where the answer is needed. */
  readonly outputNs: number;
}

export interface NativeRun {
  /** In the order asked for. */
  readonly outputs: readonly AnyTensor[];
  readonly timings: NativeTimings;
}

/** What a worker is asked; it opens its session at the first request, whichever that is. */
export type NativeRequest = { readonly kind: 'open' } | ({ readonly kind: 'run' } & NativeTask);

/** Times are those of `process.hrtime`, which all threads of a process share. */
export type NativeResponse =
  | { readonly kind: 'opened'; readonly signature: ModelSignature }
  | {
      readonly kind: 'ran';
      readonly outputs: readonly AnyTensor[];
      readonly takenAt: bigint;
      readonly startedAt: bigint;
      readonly endedAt: bigint;
    };
