import { DomainError } from '@resmask/errors';
import { type Provider, probeProvider } from '@resmask/runtime';
import { ENGINE_DEFAULTS, type EngineOptions } from './engine-options.js';
import type { ImageInput } from './image-input.js';
import { computingVersions, type LoadableVersion } from './loadable-version.js';
import { Classifier, type ClassifierMember } from './model/classifier.js';
import { type CachedModel, ModelCache, type SessionsLease } from './model/model-cache.js';
import { ModelSessions } from './model/model-sessions.js';
import { planSessions, type SessionPlan } from './model/session-plan.js';
import { Preparation } from './preparation.js';
import { type FrameLane, FrameScheduler } from './scheduling/frame-scheduler.js';
import type { LaneOptions } from './scheduling/lane.js';
import type { RecognizeOutcome, RecognizeTask } from './scheduling/recognize-job.js';
import type { SessionRole } from './worker/model-task.js';

/** A classifier that stays loaded until it is released. */
export interface ClassifierLease {
  readonly classifier: Classifier;
  /** Members that could not be loaded, by name. */
  readonly missing: readonly string[];
  release(): void;
}

/** One version's weights, all its sessions together, may take this part of the memory for models. */
const LARGEST_SHARE = 0.25;
/** … or, where there is no limit, this many bytes. */
const LARGEST_BYTES = 256 * 1024 * 1024;

/** Everything between pixels and probabilities: inference and evaluation share it, so both score alike. */
export class Engine {
  readonly #models: ModelCache;
  readonly #scheduler: FrameScheduler;
  readonly #preparation: Preparation;
  readonly #settings: Required<Omit<EngineOptions, 'onWorkerLost' | 'onModelsChanged' | 'onBatch'>>;

  private constructor(
    readonly options: EngineOptions,
    /** What computes. */
    readonly provider: Provider,
  ) {
    this.#settings = { ...ENGINE_DEFAULTS, ...options };
    this.#preparation = new Preparation(options.workers, options.limits, options.onWorkerLost);
    this.#scheduler = new FrameScheduler(this.#preparation, this.#settings.maxWaiting);
    this.#models = new ModelCache({
      maxModels: options.maxModels,
      maxBytes: this.#settings.maxModelBytes,
      plan: (version, role) => this.#plan(version, role),
      open: (version, plan, role) => this.#open(version, plan, role),
      onChange: () => options.onModelsChanged?.(),
      onError: (error) => options.onWorkerLost?.(error),
    });
  }

  /** @throws DomainError PROVIDER_MISSING if what was asked for cannot compute here. */
  static async start(options: EngineOptions): Promise<Engine> {
    return new Engine(options, await probeProvider(options.provider));
  }

  /** What is loaded, and what failed to be. */
  get models(): readonly CachedModel[] {
    return this.#models.list();
  }

  /** Frames that wait for their turn. */
  get waiting(): number {
    return this.#scheduler.lanes.waiting;
  }

  /**
   * Loads and warms a classifier, or every member of an ensemble, unless it is loaded.
   * @throws DomainError TASK_MISMATCH, what loading says, TOO_MANY_MODELS or MODEL_MEMORY_EXCEEDED.
   */
  async acquire(version: LoadableVersion): Promise<ClassifierLease> {
    this.#checkTask(version, 'expression');
    const { missingMembers } = this.#settings;
    const wanted = computingVersions(version);
    const settled = await Promise.allSettled(wanted.map((member) => this.#models.acquire(member.version)));
    const leases = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const release = (): void => {
      for (const lease of leases) lease.release();
    };
    const failure = settled.find((result) => result.status === 'rejected');
    if (failure && (missingMembers === 'fail' || leases.length === 0)) {
      release();
      throw failure.reason;
    }
    const members = settled.flatMap((result, i): ClassifierMember[] =>
      result.status === 'fulfilled' ? [{ sessions: result.value.sessions, weight: wanted[i].weight }] : [],
    );
    const missing = wanted.filter((_, i) => settled[i].status === 'rejected').map((member) => member.version.name);
    return { classifier: new Classifier(version, members, missingMembers), missing, release };
  }

  /** Loads and warms a detector unless it is loaded. @throws as `acquire`. */
  acquireDetector(version: LoadableVersion): Promise<SessionsLease> {
    this.#checkTask(version, 'face');
    return this.#models.acquire(version);
  }

  /**
   * Loads sessions of a classifier that explain, unless they are loaded.
   * @throws DomainError EXPLANATION_UNSUPPORTED for an ensemble, or as `acquire`.
   */
  async acquireExplainer(version: LoadableVersion): Promise<SessionsLease> {
    this.#checkTask(version, 'expression');
    if (version.members && version.members.length > 0) {
      const members = version.members.map((member) => member.version.name).join(', ');
      throw new DomainError('EXPLANATION_UNSUPPORTED', `${version.name} is an ensemble; explain one of ${members}`);
    }
    return this.#models.acquire(version, 'explain');
  }

  /** Lets a version go, but not what is in use of it. */
  evict(digest: string): void {
    this.#models.evict(digest);
  }

  /** A lane for one stream's frames. */
  openLane(options: LaneOptions): FrameLane {
    return this.#scheduler.open(options);
  }

  /** Forgets what waits in a lane. */
  clearLane(lane: FrameLane): void {
    this.#scheduler.clear(lane);
  }

  /**
   * Recognises one image when its turn comes.
   * @param movable whether the buffer of the image's bytes may move to a thread, which leaves it empty here; else they are copied
   * @throws DomainError about the image, QUEUE_FULL.
   */
  recognize(lane: FrameLane, task: RecognizeTask, movable = false): Promise<RecognizeOutcome> {
    return this.#scheduler.recognize(lane, movable ? task : { ...task, image: owned(task.image) });
  }

  async close(): Promise<void> {
    await Promise.all([this.#models.close(), this.#preparation.close()]);
  }

  #checkTask({ name, spec }: LoadableVersion, task: 'expression' | 'face'): void {
    const actual = spec.output.task;
    if (actual === task) return;
    throw new DomainError('TASK_MISMATCH', `${name} is for task "${actual}"; one for "${task}" is needed here`);
  }

  #plan(version: LoadableVersion, role: SessionRole): SessionPlan {
    const { workers, threads, maxModelBytes } = this.#settings;
    const maxVersionBytes = Math.min(LARGEST_BYTES, maxModelBytes * LARGEST_SHARE);
    const alone = role === 'explain' || this.provider !== 'cpu';
    // A GPU runs one batch at a time, and each session there holds memory that cannot be limited.
    return planSessions(version, { workers: alone ? 1 : workers, threads, maxVersionBytes });
  }

  #open(version: LoadableVersion, plan: SessionPlan, role: SessionRole): Promise<ModelSessions> {
    const { cacheFolder, limits, maxBatch, maxBatchMs, batchWindowMs, onWorkerLost } = {
      ...this.#settings,
      onWorkerLost: this.options.onWorkerLost,
    };
    return ModelSessions.open({
      version,
      plan,
      workerData: { cacheFolder, provider: this.provider, limits, role, maxBatch, maxBatchMs },
      batchWindowMs,
      direct: this.#scheduler,
      onBatch: this.options.onBatch,
      onWorkerLost,
    });
  }
}

/** An image whose bytes own their buffer, which can move to a thread without taking anybody else's along. */
function owned(image: ImageInput): ImageInput {
  return { ...image, bytes: new Uint8Array(image.bytes) };
}
