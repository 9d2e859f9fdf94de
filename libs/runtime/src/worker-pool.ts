import type { Transferable } from 'node:worker_threads';
import { DomainError } from '@resmask/errors';
import { TaskWorker } from './task-worker.js';

export interface WorkerPoolOptions {
  /** The module each worker runs; it calls `serveTasks`. */
  readonly entry: URL;
  readonly size: number;
  readonly workerData?: unknown;
  /** Called when a worker ended by itself; a fresh one takes its place. */
  readonly onWorkerLost?: (error: Error) => void;
}

export interface TaskOptions {
  /** Buffers in the request that move to the worker instead of being copied. */
  readonly transfer?: readonly Transferable[];
  /** Takes the task out of the queue; one that runs already is finished. */
  readonly signal?: AbortSignal;
}

interface Task<Request, Response> {
  readonly request: Request;
  readonly transfer: readonly Transferable[];
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

/** Worker threads that answer requests, one at a time each, in the order they came. */
export class WorkerPool<Request, Response> {
  readonly #workers: TaskWorker<Request, Response>[];
  readonly #queue: Task<Request, Response>[] = [];
  #closed = false;

  constructor({ entry, size, workerData, onWorkerLost }: WorkerPoolOptions) {
    const onStarted = (): void => this.#dispatch();
    this.#workers = [];
    for (let i = 0; i < size; i += 1) {
      this.#workers.push(new TaskWorker({ entry, workerData, onStarted, onLost: onWorkerLost }));
    }
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Tasks that wait for a worker. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Runs a request on the next free worker.
   * @throws what the worker threw, DomainError WORKER_LOST if it ended, CANCELLED_BY_CALLER if the signal came first.
   */
  run(request: Request, { transfer = [], signal }: TaskOptions = {}): Promise<Response> {
    return new Promise<Response>((resolve, reject) => {
      if (this.#closed) return reject(closed());
      if (signal?.aborted) return reject(cancelled());
      const cancel = (): void => this.#cancel(task);
      const settled = (): void => signal?.removeEventListener('abort', cancel);
      const task: Task<Request, Response> = {
        request,
        transfer,
        resolve: (response) => {
          settled();
          resolve(response);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.#queue.push(task);
      signal?.addEventListener('abort', cancel, { once: true });
      this.#dispatch();
    });
  }

  /** Ends every worker; what still waits or runs fails with SERVICE_UNAVAILABLE. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) task.reject(closed());
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #dispatch(): void {
    for (const worker of this.#workers) {
      if (!worker.alive || worker.running > 0) continue;
      const task = this.#queue.shift();
      if (!task) return;
      worker
        .run(task.request, task.transfer)
        .then(task.resolve, task.reject)
        .finally(() => this.#dispatch());
    }
  }

  #cancel(task: Task<Request, Response>): void {
    const position = this.#queue.indexOf(task);
    if (position < 0) return;
    this.#queue.splice(position, 1);
    task.reject(cancelled());
  }
}

function cancelled(): DomainError {
  return new DomainError('CANCELLED_BY_CALLER', 'the caller no longer wants the answer');
}

function closed(): DomainError {
  return new DomainError('SERVICE_UNAVAILABLE', 'the worker pool is closed; try another replica', {
    retryAfterMs: 1000,
  });
}
