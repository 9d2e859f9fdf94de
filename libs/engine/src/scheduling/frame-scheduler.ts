import type { RawImage, RegionInput } from '../image-input.js';
import type { ClassifyOrder } from '../model/classify-order.js';
import type { DirectOrders, ModelSessions } from '../model/model-sessions.js';
import type { Preparation } from '../preparation.js';
import { withProbabilities } from '../with-probabilities.js';
import type { Lane, LaneOptions } from './lane.js';
import { Lanes } from './lanes.js';
import type { RecognizeJob, RecognizeOutcome, RecognizeTask } from './recognize-job.js';
import { recognizePrepared } from './recognize-prepared.js';

export type FrameLane = Lane<RecognizeJob>;

/** Raw images up to this many bytes with their faces given go straight to the classifier: preparing them is less work than passing them on. */
const DIRECT_BYTES = 1_048_576;
/** Node fires a timer of a longer time at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Decides which frame runs next. A frame waits in its stream's lane, where a newer one may still take its place, until whatever comes first
 * for it is free: a classifier's session for small raw crops, a preparing thread for everything else.
 */
export class FrameScheduler implements DirectOrders {
  readonly lanes: Lanes<RecognizeJob>;
  #preparing = 0;

  constructor(
    readonly preparation: Preparation,
    maxWaiting: number,
  ) {
    this.lanes = new Lanes(maxWaiting);
  }

  open(options: LaneOptions): FrameLane {
    return this.lanes.open(options);
  }

  /** Forgets what waits in a lane. */
  clear(lane: FrameLane): void {
    this.lanes.clear(lane);
  }

  /** Lets a frame wait for its turn. @throws what recognising throws, DomainError QUEUE_FULL. */
  recognize(lane: FrameLane, task: RecognizeTask): Promise<RecognizeOutcome> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const job: RecognizeJob = {
        task,
        deadline: task.deadline,
        offeredAt: performance.now(),
        drop: (reason) => {
          clearTimeout(timer);
          resolve({ kind: 'dropped', reason });
        },
        resolve: (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.lanes.offer(lane, job);
      const left = task.deadline - job.offeredAt;
      if (left <= LONGEST_TIMER_MS) {
        timer = setTimeout(() => this.lanes.drop(lane, job, 'expired'), Math.max(0, left));
      }
      this.#wake(task);
    });
  }

  ready(sessions: ModelSessions): number {
    return this.lanes.ready((job) => isDirect(job.task) && job.task.classifier.single === sessions);
  }

  take(sessions: ModelSessions): ClassifyOrder | undefined {
    const taken = this.lanes.take((job) => isDirect(job.task) && job.task.classifier.single === sessions);
    if (!taken) return undefined;
    const { frame: job, lane } = taken;
    const { task } = job;
    const finish = (settle: () => void): void => {
      this.#finish(lane, sessions);
      settle();
    };
    const takenAt = performance.now();
    return {
      item: { kind: 'raw', image: task.image as RawImage, regions: task.regions as RegionInput[] },
      size: task.regions.length,
      cancelled: false,
      resolve: ({ rows, faces, prepareMs, inferMs, batchSize }) =>
        finish(() => {
          const { width, height } = task.image as RawImage;
          const all = performance.now() - takenAt;
          const queue = takenAt - job.offeredAt + Math.max(0, all - prepareMs - inferMs);
          const timings = { prepare: prepareMs, detect: 0, queue, infer: inferMs, batchSize };
          const recognized = withProbabilities(faces, rows);
          job.resolve({
            kind: 'recognized',
            recognition: { width, height, faces: recognized, scene: undefined, timings },
          });
        }),
      reject: (error) => finish(() => job.reject(error)),
    };
  }

  /**
   * A lane whose frame is done may run its next one, which may need something else than the one before.
   * @param sessions what looks for more by itself once its whole batch is done: waking it here would make batches of one
   */
  #finish(lane: FrameLane, sessions?: ModelSessions): void {
    this.lanes.finish(lane);
    if (lane.waiting.length === 0) return;
    const [{ task }] = lane.waiting;
    if (!sessions || !isDirect(task) || task.classifier.single !== sessions) this.#wake(task);
  }

  #wake(task: RecognizeTask): void {
    if (isDirect(task)) task.classifier.single?.poke();
    else this.#prepareNext();
  }

  #prepareNext(): void {
    while (this.#preparing < this.preparation.slots) {
      const taken = this.lanes.take(({ task }) => !isDirect(task) && task.classifier.hasRoom);
      if (!taken) return;
      this.#preparing += 1;
      this.#run(taken.frame, taken.lane);
    }
  }

  async #run(job: RecognizeJob, lane: FrameLane): Promise<void> {
    let holding = true;
    const prepared = (): void => {
      if (!holding) return;
      holding = false;
      this.#preparing -= 1;
      this.#prepareNext();
    };
    try {
      const recognition = await recognizePrepared(this.preparation, job, prepared);
      job.resolve({ kind: 'recognized', recognition });
    } catch (error) {
      job.reject(error);
    } finally {
      this.#finish(lane);
      prepared();
      this.#prepareNext();
    }
  }
}

function isDirect({ image, regions, classifier, explain }: RecognizeTask): boolean {
  return (
    image.kind === 'raw' &&
    regions.length > 0 &&
    image.bytes.length <= DIRECT_BYTES &&
    classifier.single !== undefined &&
    explain === undefined
  );
}
