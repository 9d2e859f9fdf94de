import { type Transferable, Worker } from 'node:worker_threads';
import { DomainError } from '@resmask/errors';
import { fromFailure, type TaskMessage, type TaskReply } from './task-messages.js';

export interface WorkerPoolOptions<Request> {
  /** The module each worker runs; it calls `serveTasks`. */
  readonly entry: URL;
  readonly size: number;
  readonly workerData?: unknown;
  /** Requests that bring a fresh worker to the state of the others; asked for whenever one starts. */
  readonly setup?: () => readonly Request[];
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

/** A worker and the task it runs; `own` are tasks meant for it alone, before those of the common queue. */
interface Seat<Request, Response> {
  worker?: Worker;
  startedAt: number;
  running?: Task<Request, Response>;
  readonly own: Task<Request, Response>[];
}

const MIN_LIFETIME_MS = 1000;

/** Worker threads that answer requests, one at a time each, in the order they came. */
export class WorkerPool<Request, Response> {
  readonly #seats: Seat<Request, Response>[] = [];
  readonly #queue: Task<Request, Response>[] = [];
  #closed = false;
  #nextId = 1;

  constructor(readonly options: WorkerPoolOptions<Request>) {
    for (let i = 0; i < options.size; i += 1) this.#seats.push(this.#newSeat());
  }

  get size(): number {
    return this.#seats.length;
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

  /** Runs a request once on every worker. */
  async broadcast(request: Request): Promise<Response[]> {
    if (this.#closed) throw closed();
    const answers = this.#seats.map(
      (seat) => new Promise<Response>((resolve, reject) => seat.own.push({ request, transfer: [], resolve, reject })),
    );
    this.#dispatch();
    return Promise.all(answers);
  }

  /** Ends every worker; what still waits or runs fails with SERVICE_UNAVAILABLE. */
  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#seats.flatMap(({ running, own }) => [...own.splice(0), ...(running ? [running] : [])]);
    for (const task of [...running, ...this.#queue.splice(0)]) task.reject(closed());
    await Promise.all(this.#seats.map((seat) => seat.worker?.terminate()));
  }

  #dispatch(): void {
    for (const seat of this.#seats) {
      if (seat.running || !seat.worker) continue;
      const task = seat.own.shift() ?? this.#queue.shift();
      if (!task) continue;
      seat.running = task;
      const message: TaskMessage<Request> = { id: this.#nextId++, request: task.request };
      seat.worker.postMessage(message, [...task.transfer]);
    }
  }

  #newSeat(): Seat<Request, Response> {
    const seat: Seat<Request, Response> = { startedAt: 0, own: [] };
    this.#start(seat);
    return seat;
  }

  #start(seat: Seat<Request, Response>): void {
    seat.worker = this.#spawn(seat);
    seat.startedAt = performance.now();
    const reject = (error: Error): void => this.options.onWorkerLost?.(error);
    const requests = this.options.setup?.() ?? [];
    seat.own.unshift(...requests.map((request) => ({ request, transfer: [], resolve: () => {}, reject })));
    this.#dispatch();
  }

  #spawn(seat: Seat<Request, Response>): Worker {
    const worker = new Worker(this.options.entry, { workerData: this.options.workerData });
    let lastError = new Error('a worker thread ended');
    worker.on('message', (reply: TaskReply<Response>) => {
      const task = seat.running;
      seat.running = undefined;
      if ('failure' in reply) task?.reject(fromFailure(reply.failure));
      else task?.resolve(reply.response);
      this.#dispatch();
    });
    worker.on('error', (error) => {
      lastError = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', () => this.#replace(seat, lastError));
    return worker;
  }

  #replace(seat: Seat<Request, Response>, cause: Error): void {
    if (this.#closed) return;
    const task = seat.running;
    seat.running = undefined;
    seat.worker = undefined;
    task?.reject(
      new DomainError('WORKER_LOST', 'the worker thread that ran this ended; try again', { cause, retryAfterMs: 100 }),
    );
    this.options.onWorkerLost?.(cause);
    // A worker that cannot even start must not be started in a tight loop.
    const wait = Math.max(0, MIN_LIFETIME_MS - (performance.now() - seat.startedAt));
    setTimeout(() => this.#closed || this.#start(seat), wait);
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
