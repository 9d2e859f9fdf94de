import type { ImageLimits } from '@resmask/codecs';
import type { InputSpec } from '@resmask/model-spec';
import { TaskWorker } from '@resmask/runtime';
import type { Detection } from '@resmask/vision';
import type { ImageInput, RegionInput } from './image-input.js';
import type { CropRequest, PrepareRequest, PrepareResponse, PrepareWorkerData } from './worker/prepare-task.js';

type Thread = TaskWorker<PrepareRequest, PrepareResponse>;
export type CroppedFaces = PrepareResponse & { kind: 'cropped' };

/** Frames one thread has in hand: while one is decoded by the codec's own threads, another is cut. */
const FRAMES_PER_THREAD = 2;

/** The threads that turn images into the inputs of networks. */
export class Preparation {
  readonly #threads: Thread[];
  #nextFrame = 1;

  constructor(threads: number, limits: ImageLimits, onWorkerLost?: (error: Error) => void) {
    const workerData: PrepareWorkerData = { limits };
    const entry = new URL('./worker/prepare-worker.js', import.meta.url);
    this.#threads = Array.from({ length: threads }, () => new TaskWorker({ entry, workerData, onLost: onWorkerLost }));
  }

  /** Frames that can be in hand at once. */
  get slots(): number {
    return this.#threads.length * FRAMES_PER_THREAD;
  }

  /** Decodes an image for a detector; its bytes move to a thread, which keeps the pixels until they are cut or forgotten. */
  async open(image: ImageInput, detector: InputSpec): Promise<OpenFrame> {
    const thread = this.#leastBusy();
    const frame = this.#nextFrame++;
    const opened = await thread.run({ kind: 'open', frame, image, detector }, [image.bytes.buffer as ArrayBuffer]);
    if (opened.kind !== 'opened') throw new TypeError(`a worker answered ${opened.kind}`);
    return new OpenFrame(thread, frame, opened.input, opened.milliseconds);
  }

  /** Decodes an image and cuts regions out of it; its bytes move to a thread. */
  async cutRegions(image: ImageInput, regions: readonly RegionInput[], request: CropRequest): Promise<CroppedFaces> {
    const transfer = [image.bytes.buffer as ArrayBuffer];
    const cropped = await this.#leastBusy().run({ kind: 'regions', image, regions, ...request }, transfer);
    if (cropped.kind !== 'cropped') throw new TypeError(`a worker answered ${cropped.kind}`);
    return cropped;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #leastBusy(): Thread {
    return this.#threads.reduce((least, thread) => (thread.running < least.running ? thread : least));
  }
}

/** An image whose pixels a thread keeps; it must be cut or forgotten. */
export class OpenFrame {
  constructor(
    readonly thread: Thread,
    readonly frame: number,
    /** The detector's input. */
    readonly input: Uint8Array,
    readonly milliseconds: number,
  ) {}

  /** Cuts faces out of it and forgets it. @param detections in pixels of the detector's input */
  async cut(
    detections: readonly Detection[],
    request: CropRequest & { readonly maxFaces: number; readonly minFaceSize: number },
  ): Promise<CroppedFaces> {
    const cropped = await this.thread.run({ kind: 'crop', frame: this.frame, detections, ...request });
    if (cropped.kind !== 'cropped') throw new TypeError(`a worker answered ${cropped.kind}`);
    return cropped;
  }

  forget(): void {
    // A thread that ended has forgotten it already.
    this.thread.run({ kind: 'forget', frame: this.frame }).catch(() => {});
  }
}
