import type { ImageLimits } from '@resmask/codecs';
import { DomainError } from '@resmask/errors';
import { type InputSpec, normalisation } from '@resmask/model-spec';
import {
  type Calibration,
  calibrationNeeds,
  encodeModel,
  type ModelProto,
  type RangeMethod,
  withInputStage,
  withOutput,
} from '@resmask/onnx';
import { WorkerPool } from '@resmask/runtime';
import type { CalibrationRequest, CalibrationResponse, CalibrationWorkerData } from './calibration-messages.js';
import type { ImageInput } from './image-input.js';
import { inputStageOf } from './worker/input-stage-of.js';

export interface CalibrateOptions {
  readonly method: RangeMethod;
  readonly threads: number;
  readonly limits: ImageLimits;
  /** Called with the number of images that have been run. */
  readonly onProgress?: (images: number) => void;
}

/** Pixels of all images of a run together: every activation of theirs is in memory at once. */
const PIXELS_PER_RUN = 50_000;

/**
 * Runs sample images, each as a whole, through a model in a worker thread and gathers what quantising it needs. Images become input
 * exactly as when the model is served.
 * @param quantizable what `quantizableModel` gave
 * @throws DomainError DATASET_MALFORMED without images, or what decoding, loading and running the model say.
 */
export async function calibrate(
  quantizable: ModelProto,
  input: InputSpec,
  images: AsyncIterable<ImageInput>,
  { method, threads, limits, onProgress }: CalibrateOptions,
): Promise<Calibration> {
  const needs = calibrationNeeds(quantizable);
  const workerData: CalibrationWorkerData = { input, needs, threads, limits };
  const entry = new URL('./worker/calibration-worker.js', import.meta.url);
  const pool = new WorkerPool<CalibrationRequest, CalibrationResponse>({ entry, size: 1, workerData });
  try {
    const staged = withInputStage(quantizable, inputStageOf(input));
    const watched = [...needs.ranges, ...needs.means].reduce((model, name) => withOutput(model, name), staged);
    const file = encodeModel(watched);
    await pool.run({ kind: 'open', file }, { transfer: [file.buffer] });
    const perRun = Math.min(16, Math.max(1, Math.floor(PIXELS_PER_RUN / (input.width * input.height))));
    let done = 0;
    for await (const batch of batches(images, perRun)) {
      await pool.run({ kind: 'images', images: batch });
      done += batch.length;
      onProgress?.(done);
    }
    if (done === 0) throw new DomainError('DATASET_MALFORMED', 'there are no images to calibrate with');
    const seen = await pool.run({ kind: 'finish', method });
    if (!seen) throw new TypeError('the worker finished without a calibration');
    return { ...seen, ranges: withInputRange(seen.ranges, input) };
  } finally {
    await pool.close();
  }
}

/** What bytes can become is known without looking; for grey and colours alike a byte is then one step of the scale. */
function withInputRange(ranges: Calibration['ranges'], input: InputSpec): Calibration['ranges'] {
  if (!ranges.has(input.tensor)) return ranges;
  const { mean, std } = normalisation(input);
  const ends = mean.flatMap((offset, plane) => [0, 255].map((byte) => (byte * input.scale - offset) / std[plane]));
  return new Map([...ranges, [input.tensor, { min: Math.min(...ends), max: Math.max(...ends) }]]);
}

async function* batches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
