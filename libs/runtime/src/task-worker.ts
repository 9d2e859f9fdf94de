import './disable-telemetry.js';
import { type Transferable, Worker } from 'node:worker_threads';
import { DomainError } from '@resmask/errors';
import { fromFailure, type TaskMessage, type TaskReply } from './task-messages.js';

export interface TaskWorkerOptions {
  /** The module the thread runs; it calls `serveTasks`. */
  readonly entry: URL;
  readonly workerData?: unknown;
  /** Called when a thread is there: at first, and whenever a fresh one took the place of one that ended by itself. */
  readonly onStarted?: () => void;
  /** Called when the thread ended by itself. */
  readonly onLost?: (error: Error) => void;
}

interface Pending<Response> {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

const MIN_LIFETIME_MS = 1000;

/** One worker thread that answers requests; one that ends by itself is replaced. */
export class TaskWorker<Request, Response> {
  readonly #pending = new Map<number, Pending<Response>>();
  #worker: Worker | undefined;
  #startedAt = 0;
  #nextId = 1;
  #closed = false;

  constructor(readonly options: TaskWorkerOptions) {
    this.#start();
  }

  /** Whether there is a thread to run on. */
  get alive(): boolean {
    return this.#worker !== undefined;
  }

  /** Requests without an answer. */
  get running(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request to the thread, whatever else it is doing.
   * @param transfer buffers in the request that move to the thread instead of being copied
   * @throws what the thread threw, DomainError WORKER_LOST if it ended, SERVICE_UNAVAILABLE if it was closed.
   */
  run(request: Request, transfer: readonly Transferable[] = []): Promise<Response> {
    return new Promise((resolve, reject) => {
      const worker = this.#worker;
      if (this.#closed) return reject(closed());
      if (!worker) return reject(lost());
      const message: TaskMessage<Request> = { id: this.#nextId++, request };
      this.#pending.set(message.id, { resolve, reject });
      worker.postMessage(message, transfer);
    });
  }

  /** Ends the thread; what still runs fails with SERVICE_UNAVAILABLE. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#failAll(closed());
    await this.#worker?.terminate();
  }

  #start(): void {
    const worker = new Worker(this.options.entry, { workerData: this.options.workerData });
    let cause = new Error('a worker thread ended');
    worker.on('message', (reply: TaskReply<Response>) => this.#settle(reply));
    worker.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', () => this.#replace(cause));
    this.#worker = worker;
    this.#startedAt = performance.now();
    this.options.onStarted?.();
  }

  #settle(reply: TaskReply<Response>): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('failure' in reply) pending?.reject(fromFailure(reply.failure));
    else pending?.resolve(reply.response);
  }

  #replace(cause: Error): void {
    this.#worker = undefined;
    if (this.#closed) return;
    this.#failAll(lost(cause));
    this.options.onLost?.(cause);
    // A worker that cannot even start must not be started in a tight loop.
    const wait = Math.max(0, MIN_LIFETIME_MS - (performance.now() - this.#startedAt));
    setTimeout(() => this.#closed || this.#start(), wait);
  }

  #failAll(error: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}

function lost(cause?: Error): DomainError {
  return new DomainError('WORKER_LOST', 'the worker thread that ran this ended; try again', {
    cause,
    retryAfterMs: 100,
  });
}

function closed(): DomainError {
  return new DomainError('SERVICE_UNAVAILABLE', 'the worker threads are closed; try another replica', {
    retryAfterMs: 1000,
  });
}
