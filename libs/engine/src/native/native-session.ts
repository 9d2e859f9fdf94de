import { DomainError } from '@resmask/errors';
import { type AnyTensor, type Provider, WorkerPool } from '@resmask/runtime';
import type { LoadableVersion } from '../loadable-version.js';
import type {
  ModelSignature,
  NativeRequest,
  NativeResponse,
  NativeRun,
  NativeTask,
  NativeWorkerData,
} from './native-messages.js';

export interface NativeSessionOptions {
  /** Worker threads of a model, each with its weights in memory. */
  readonly workers: number;
  /** Threads one run may use. */
  readonly threads: number;
  readonly provider: Provider;
  /** The artifact cache's folder. */
  readonly cacheFolder: string;
  /** Requests that may wait for a worker of a model. */
  readonly maxQueued: number;
  readonly onWorkerLost?: (error: Error) => void;
}

/** A version in worker threads of its own, run by its own tensors; ending the threads gives back all of its memory. */
export class NativeSession {
  private constructor(
    readonly pool: WorkerPool<NativeRequest, NativeResponse>,
    readonly signature: ModelSignature,
    readonly maxQueued: number,
  ) {}

  /** @param version one whose files are in the cache. @throws DomainError NOT_ONNX, WEIGHTS_INVALID or MODEL_UNLOADABLE. */
  static async open({ name, files }: LoadableVersion, options: NativeSessionOptions): Promise<NativeSession> {
    const { workers: size, threads, provider, cacheFolder, maxQueued, onWorkerLost } = options;
    const entry = new URL('../worker/native-worker.js', import.meta.url);
    const workerData: NativeWorkerData = { name, files, cacheFolder, provider, threads };
    const pool = new WorkerPool<NativeRequest, NativeResponse>({ entry, size, workerData, onWorkerLost });
    try {
      const opened = await pool.run({ kind: 'open' });
      if (opened.kind !== 'opened') throw new TypeError(`a worker answered ${opened.kind} to its first request`);
      return new NativeSession(pool, opened.signature, maxQueued);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /**
   * Runs the model on its next free worker; the buffers of the feeds move there.
   * @param signal takes the request out of the queue; one that runs already is finished
   * @throws DomainError MODEL_QUEUE_FULL, MODEL_RUN_FAILED, WORKER_LOST, or CANCELLED_BY_CALLER by the signal.
   */
  async run({ feeds, outputs }: NativeTask, signal?: AbortSignal): Promise<NativeRun> {
    if (this.pool.queued >= this.maxQueued) {
      const message = `${this.pool.queued} requests wait for this model, the most that is allowed; send fewer at once`;
      throw new DomainError('MODEL_QUEUE_FULL', message, { retryAfterMs: 100 });
    }
    const askedAt = process.hrtime.bigint();
    const response = await this.pool.run({ kind: 'run', feeds, outputs }, { transfer: buffersOf(feeds), signal });
    if (response.kind !== 'ran') throw new TypeError(`a worker answered ${response.kind}`);
    const { takenAt, startedAt, endedAt } = response;
    return {
      outputs: response.outputs,
      timings: {
        queueNs: Number(takenAt - askedAt),
        inputNs: Number(startedAt - takenAt),
        inferNs: Number(endedAt - startedAt),
        outputNs: Number(process.hrtime.bigint() - endedAt),
      },
    };
  }

  /** Ends the workers; what still runs fails with SERVICE_UNAVAILABLE. */
  close(): Promise<void> {
    return this.pool.close();
  }
}

function buffersOf(feeds: Readonly<Record<string, AnyTensor>>): ArrayBuffer[] {
  return Object.values(feeds).flatMap(({ data }) => ('buffer' in data ? [data.buffer as ArrayBuffer] : []));
}
