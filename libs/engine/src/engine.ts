import type { ImageLimits } from '@resmask/codecs';
import { DomainError } from '@resmask/errors';
import { type Provider, type ProviderChoice, WorkerPool } from '@resmask/runtime';
import type {
  ClassifyTask,
  EngineRequest,
  EngineResponse,
  EngineWorkerData,
  LoadTask,
  Recognition,
  RecognizeTask,
} from './engine-messages.js';
import type { LoadableVersion } from './loadable-version.js';

export interface EngineOptions {
  readonly workers: number;
  /** Threads one run may use; workers × threads should not exceed the CPUs. */
  readonly threads: number;
  readonly provider: ProviderChoice;
  /** The artifact cache's folder; artifacts are verified before a session is made of them. */
  readonly cacheFolder: string;
  readonly limits: ImageLimits;
  /** Versions that may be loaded at once; memory is their weights × workers. */
  readonly maxModels: number;
  readonly onWorkerLost?: (error: Error) => void;
}

/** Keeps a version loaded until it is released. */
export interface Lease {
  readonly version: LoadableVersion;
  release(): void;
}

interface LoadedVersion {
  readonly load: LoadTask;
  readonly ready: Promise<unknown>;
  leases: number;
}

type Pool = WorkerPool<EngineRequest, EngineResponse>;

/** Everything between pixels and probabilities: inference and evaluation share it, so both score alike. */
export class Engine {
  /** Least recently used first. */
  readonly #loaded = new Map<string, LoadedVersion>();

  private constructor(
    readonly options: EngineOptions,
    readonly pool: Pool,
    /** What computes. */
    readonly provider: Provider,
    loaded: Map<string, LoadedVersion>,
  ) {
    this.#loaded = loaded;
  }

  /** @throws DomainError PROVIDER_MISSING if what was asked for cannot compute here. */
  static async start(options: EngineOptions): Promise<Engine> {
    const { cacheFolder, provider, threads, limits } = options;
    const workerData: EngineWorkerData = { cacheFolder, provider, threads, limits };
    const loaded = new Map<string, LoadedVersion>();
    const pool: Pool = new WorkerPool({
      entry: new URL('./worker/engine-worker.js', import.meta.url),
      size: options.workers,
      workerData,
      setup: () => [...loaded.values()].map(({ load }) => ({ kind: 'load', ...load }) as const),
      onWorkerLost: options.onWorkerLost,
    });
    try {
      const [answer] = await pool.broadcast({ kind: 'provider' });
      if (answer.kind !== 'provider') throw new TypeError(`a worker answered ${answer.kind} to its first request`);
      return new Engine(options, pool, answer.provider, loaded);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /**
   * Loads and warms a version on every worker unless it is loaded, and keeps it until the lease is released.
   * @throws DomainError what loading says, or TOO_MANY_MODELS if every loaded version is in use.
   */
  async acquire(version: LoadableVersion): Promise<Lease> {
    const entry = this.#loaded.get(version.digest) ?? this.#startLoading(version);
    // Most recently used last.
    this.#loaded.delete(version.digest);
    this.#loaded.set(version.digest, entry);
    entry.leases += 1;
    let released = false;
    const release = (): void => {
      if (!released) entry.leases -= 1;
      released = true;
    };
    try {
      await entry.ready;
      return { version, release };
    } catch (error) {
      release();
      if (this.#loaded.get(version.digest) === entry) this.#loaded.delete(version.digest);
      throw error;
    }
  }

  /** Recognises one image on the next free worker; its bytes move there. Both versions must be acquired. */
  async recognize(task: RecognizeTask, signal?: AbortSignal): Promise<Recognition> {
    const bytes = owned(task.image.bytes);
    const request = { kind: 'recognize', ...task, image: { ...task.image, bytes } } as const;
    const response = await this.pool.run(request, { transfer: [bytes.buffer], signal });
    if (response.kind !== 'recognition') throw new TypeError(`a worker answered ${response.kind}`);
    return response.recognition;
  }

  /** Probabilities of whole grey images of a data set, one row per image; the images move to a worker. The classifier must be acquired. */
  async classify(task: ClassifyTask, signal?: AbortSignal): Promise<readonly (readonly number[])[]> {
    const images = owned(task.images);
    const response = await this.pool.run({ kind: 'classify', ...task, images }, { transfer: [images.buffer], signal });
    if (response.kind !== 'probabilities') throw new TypeError(`a worker answered ${response.kind}`);
    return response.probabilities;
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  #startLoading({ digest, name, files, spec }: LoadableVersion): LoadedVersion {
    this.#makeRoom();
    const load: LoadTask = { digest, name, files, spec };
    return { load, ready: this.pool.broadcast({ kind: 'load', ...load }), leases: 0 };
  }

  #makeRoom(): void {
    if (this.#loaded.size < this.options.maxModels) return;
    for (const [digest, { leases }] of this.#loaded) {
      if (leases > 0) continue;
      this.#loaded.delete(digest);
      this.pool.broadcast({ kind: 'unload', digest }).catch((error: Error) => this.options.onWorkerLost?.(error));
      return;
    }
    throw new DomainError(
      'TOO_MANY_MODELS',
      `${this.#loaded.size} versions are loaded and in use, the most that is allowed; end a stream or raise RESMASK_MAX_MODELS`,
      { retryAfterMs: 5000 },
    );
  }
}

/** Bytes that own their buffer, which can move to a worker without taking anybody else's along. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength)
    return new Uint8Array(buffer);
  return new Uint8Array(bytes);
}
