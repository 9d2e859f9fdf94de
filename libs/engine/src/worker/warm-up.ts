import type { LoadedModel } from './loaded-model.js';

/** Steps of growing batches, and what a batch is filled up to where every size has to be tuned by itself. */
export const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64] as const;

/** Runs that are timed for each size, unless these take longer, in milliseconds. */
const RUNS = 5;
const ENOUGH_MS = 50;

/**
 * Runs a model with every batch size it will be given, so that nobody's frame waits for allocating and tuning.
 * @param maxBatch images of a run at most
 * @param maxBatchMs a size whose run takes longer is the last one
 * @returns the largest batch that is worth its time
 */
export async function warmUp(model: LoadedModel, maxBatch: number, maxBatchMs: number): Promise<number> {
  if (model.fixedBatch !== undefined) {
    await timedRun(model, model.fixedBatch);
    return model.fixedBatch;
  }
  let largest = 1;
  for (const size of BATCH_SIZES) {
    if (size > maxBatch) break;
    const milliseconds = await timedRun(model, size);
    if (size > 1 && milliseconds > maxBatchMs) break;
    largest = size;
    if (milliseconds > maxBatchMs) break;
  }
  return largest;
}

/** The quickest of a few, after one that allocates: what else the machine does at the moment must not decide. */
async function timedRun(model: LoadedModel, size: number): Promise<number> {
  const images = new Uint8Array(model.imageBytes * size);
  await model.run(images, size);
  let quickest = Number.POSITIVE_INFINITY;
  const begin = performance.now();
  for (let run = 0; run < RUNS && performance.now() - begin < ENOUGH_MS; run += 1) {
    const start = performance.now();
    await model.run(images, size);
    quickest = Math.min(quickest, performance.now() - start);
  }
  return quickest;
}
