import { DomainError } from '@resmask/errors';
import { TaskWorker } from '@resmask/runtime';
import type { Detection, Pixels } from '@resmask/vision';
import type { BatchRun } from '../engine-options.js';
import type { LoadableVersion } from '../loadable-version.js';
import type { FaceExplanation } from '../recognition.js';
import type { ExplainOptions as ExplainModelOptions } from '../worker/explainable-model.js';
import type { ModelRequest, ModelResponse, ModelWorkerData } from '../worker/model-task.js';
import { BatchQueue } from './batch-queue.js';
import { buffersOf, type Classified, type ClassifyOrder, settleOrders } from './classify-order.js';
import type { SessionPlan } from './session-plan.js';

/** Gives sessions that have nothing to do more to do: frames that wait in the lanes and need no preparation. */
export interface DirectOrders {
  /** How many could be taken. */
  ready(sessions: ModelSessions): number;
  take(sessions: ModelSessions): ClassifyOrder | undefined;
}

export interface ModelSessionsOptions {
  readonly version: LoadableVersion;
  readonly plan: SessionPlan;
  readonly workerData: Omit<ModelWorkerData, 'threads' | 'name' | 'files' | 'spec'>;
  /** How long a batch that is not full may wait for more, in milliseconds; 0 never lets a session idle. */
  readonly batchWindowMs: number;
  readonly direct: DirectOrders;
  readonly onBatch?: (batch: BatchRun) => void;
  readonly onWorkerLost?: (error: Error) => void;
}

type Thread = TaskWorker<ModelRequest, ModelResponse>;

const ENTRY = new URL('../worker/model-entry.js', import.meta.url);

/** The sessions of one version, each in a thread of its own, and the batches they are given as soon as one of them has nothing to do. */
export class ModelSessions {
  readonly #threads: Thread[] = [];
  readonly #ready = new Set<Thread>();
  readonly #orders = new BatchQueue<ClassifyOrder>();
  /** Work for one thread that is no part of a batch. */
  readonly #tasks: ((thread: Thread) => Promise<unknown>)[] = [];
  #window: NodeJS.Timeout | undefined;
  #windowOver = false;
  #maxBatch = 1;
  #closed = false;
  /** Why a thread that took a lost one's place could not load. */
  #failure: Error | undefined;

  private constructor(readonly options: ModelSessionsOptions) {}

  /** Loads and warms a version. @throws DomainError what loading says. */
  static async open(options: ModelSessionsOptions): Promise<ModelSessions> {
    const sessions = new ModelSessions(options);
    try {
      // The first one alone: it reports what is wrong once, and its files are then in the system's cache.
      for (let i = 0; i < options.plan.sessions; i += 1) await sessions.#addThread();
      return sessions;
    } catch (error) {
      await sessions.close();
      throw error;
    }
  }

  get version(): LoadableVersion {
    return this.options.version;
  }

  /** Images of one run at most. */
  get maxBatch(): number {
    return this.#maxBatch;
  }

  /** Images that wait for a batch. */
  get waiting(): number {
    return this.#orders.size;
  }

  /** Images that can wait without keeping the sessions from anything newer. */
  get hasRoom(): boolean {
    return this.#orders.size < this.#maxBatch * this.options.plan.sessions;
  }

  /** Classifies prepared inputs in the next batch. @throws what the run throws, CANCELLED_BY_CALLER. */
  classify(inputs: Uint8Array, size: number, signal: AbortSignal): Promise<Classified> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(gone());
      this.#orders.push({
        item: { kind: 'prepared', inputs },
        size,
        get cancelled() {
          return signal.aborted;
        },
        resolve,
        reject,
      });
      this.poke();
    });
  }

  /** Finds faces in one prepared input; boxes are in its pixels. */
  async detect(input: Uint8Array): Promise<{ detections: readonly Detection[]; inferMs: number }> {
    const response = await this.#runAlone({ kind: 'detect', input }, [input.buffer as ArrayBuffer]);
    if (response.kind !== 'detected') throw new TypeError(`a worker answered ${response.kind}`);
    return response;
  }

  /** What in one prepared input spoke for a label; only of sessions that explain. */
  async explain(
    input: Uint8Array,
    picture: Pixels | undefined,
    options: ExplainModelOptions,
  ): Promise<FaceExplanation> {
    const response = await this.#runAlone({ kind: 'explain', input, picture, options }, []);
    if (response.kind !== 'explained') throw new TypeError(`a worker answered ${response.kind}`);
    return response.explanation;
  }

  /** Probabilities of whole grey images, one row after the other. */
  async samples(images: Uint8Array, width: number, height: number): Promise<Float32Array> {
    const response = await this.#runAlone({ kind: 'samples', images, width, height }, []);
    if (response.kind !== 'probabilities') throw new TypeError(`a worker answered ${response.kind}`);
    return response.rows;
  }

  /** There may be something to do. */
  poke(): void {
    if (this.#failure && this.#ready.size === 0) this.#failAll(this.#failure);
    for (const thread of this.#ready) {
      if (thread.running > 0 || !thread.alive) continue;
      const task = this.#tasks.shift();
      if (task) task(thread).finally(() => this.poke());
      else if (!this.#runBatch(thread)) return;
    }
  }

  /** Ends the threads, which gives their memory back; what waits or runs fails with SERVICE_UNAVAILABLE. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#window);
    this.#ready.clear();
    const closing = Promise.all(this.#threads.map((thread) => thread.close()));
    this.#failAll(gone());
    await closing;
  }

  async #addThread(): Promise<void> {
    const { version, plan, workerData, onWorkerLost } = this.options;
    const data: ModelWorkerData = {
      ...workerData,
      threads: plan.threads,
      name: version.name,
      files: version.files,
      spec: version.spec,
      // What the first session has measured is true of the others.
      ...(this.#ready.size > 0 && { maxBatch: this.#maxBatch, maxBatchMs: Number.POSITIVE_INFINITY }),
    };
    let first = true;
    const thread: Thread = new TaskWorker({
      entry: ENTRY,
      workerData: data,
      onLost: (error) => {
        this.#ready.delete(thread);
        onWorkerLost?.(error);
      },
      onStarted: () => {
        // A fresh thread in place of a lost one has to load by itself; the first one is waited for below.
        if (!first) this.#openThread(thread).catch((error: Error) => this.#giveUp(error));
      },
    });
    first = false;
    this.#threads.push(thread);
    await this.#openThread(thread);
  }

  async #openThread(thread: Thread): Promise<void> {
    const opened = await thread.run({ kind: 'open' });
    if (opened.kind !== 'opened') throw new TypeError(`a worker answered ${opened.kind} to its first request`);
    this.#maxBatch = this.#ready.size === 0 ? opened.maxBatch : Math.min(this.#maxBatch, opened.maxBatch);
    if (this.#closed) return;
    this.#ready.add(thread);
    this.poke();
  }

  #giveUp(error: Error): void {
    this.#failure = error;
    this.options.onWorkerLost?.(error);
    this.poke();
  }

  /** No thread is left that could do what waits. A task tells by itself how its thread fails. */
  #failAll(error: Error): void {
    for (const order of this.#orders.clear()) order.reject(error);
    for (let order = this.options.direct.take(this); order; order = this.options.direct.take(this)) order.reject(error);
    for (const task of this.#tasks.splice(0)) task(this.#threads[0]).catch(() => {});
  }

  #runAlone(request: ModelRequest, transfer: readonly ArrayBuffer[]): Promise<ModelResponse> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(gone());
      this.#tasks.push((thread) => thread.run(request, transfer).then(resolve, reject));
      this.poke();
    });
  }

  /** @returns whether there was anything to run */
  #runBatch(thread: Thread): boolean {
    const orders = this.#nextBatch();
    if (orders.length === 0) return false;
    const items = orders.map(({ item }) => item);
    const transfer = items.map((item) => buffersOf(item));
    const run = thread.run({ kind: 'classify', items }, transfer).then(
      (response) => {
        settleOrders(orders, response);
        this.#tell(response);
      },
      (error: unknown) => {
        for (const order of orders) order.reject(error);
      },
    );
    run.finally(() => this.poke());
    return true;
  }

  #tell(response: ModelResponse): void {
    const { onBatch, version } = this.options;
    if (response.kind === 'classified') onBatch?.({ version: version.name, images: response.batchSize });
  }

  /** Prepared images first, they are further on their way; then frames that wait in the lanes. */
  #nextBatch(): ClassifyOrder[] {
    const { direct } = this.options;
    const waiting = this.#orders.size + direct.ready(this);
    if (waiting === 0) return [];
    const idle = [...this.#ready].filter((each) => each.running === 0 && each.alive).length;
    // Sessions that are idle share what there is.
    const share = Math.min(this.#maxBatch, Math.max(1, Math.ceil(waiting / Math.max(1, idle))));
    if (this.#waitForMore(waiting)) return [];
    const { batch, cancelled } = this.#orders.take(share);
    for (const order of cancelled) order.reject(cancelledByCaller());
    let images = batch.reduce((sum, { size }) => sum + size, 0);
    while (images < share) {
      const order = direct.take(this);
      if (!order) break;
      batch.push(order);
      images += order.size;
    }
    return batch;
  }

  /** Where waiting was asked for, a batch that is not full waits once. */
  #waitForMore(waiting: number): boolean {
    const { batchWindowMs } = this.options;
    if (batchWindowMs === 0 || waiting >= this.#maxBatch || this.#windowOver) return false;
    this.#window ??= setTimeout(() => {
      this.#window = undefined;
      this.#windowOver = true;
      this.poke();
      this.#windowOver = false;
    }, batchWindowMs);
    return true;
  }
}

function cancelledByCaller(): DomainError {
  return new DomainError('CANCELLED_BY_CALLER', 'the caller no longer wants the answer');
}

function gone(): DomainError {
  return new DomainError('SERVICE_UNAVAILABLE', 'the model was unloaded; try again', { retryAfterMs: 500 });
}
