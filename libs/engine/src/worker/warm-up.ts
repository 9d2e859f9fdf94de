import type { LoadedModel } from './loaded-model.js';

/** Steps of growing batches, and what a batch is filled up to where every size has to be tuned by itself. */
export const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64] as const;

/** Times a run that seems too long is tried, unless these take longer, in milliseconds. */
const TRIES = 5;
const ENOUGH_MS = 50;

/**
 * Runs a model with every batch size it will be given, so that nobody's frame waits for allocating and tuning.
 * @param maxBatch images of a run at most
 * @param maxBatchMs a size whose run takes longer is the last one; infinity if the largest batch is known
 * @returns the largest batch that is worth its time
 */
export async function warmUp(model: LoadedModel, maxBatch: number, maxBatchMs: number): Promise<number> {
  if (model.fixedBatch !== undefined) {
    await timedRun(model, model.fixedBatch, maxBatchMs);
    return model.fixedBatch;
  }
  let largest = 1;
  for (const size of BATCH_SIZES) {
    if (size > maxBatch) break;
    const milliseconds = await timedRun(model, size, maxBatchMs);
    if (size > 1 && milliseconds > maxBatchMs) break;
    largest = size;
    if (milliseconds > maxBatchMs) break;
  }
  return largest;
}

/**
 * Of a run after one that allocates. One that takes too long is tried again: what else the machine does at the moment must not decide, and
 * neither must a version that is being loaded take more of the machine than it needs.
 */
async function timedRun(model: LoadedModel, size: number, maxBatchMs: number): Promise<number> {
  const images = new Uint8Array(model.imageBytes * size);
  await model.run(images, size);
  if (maxBatchMs === Number.POSITIVE_INFINITY) return 0;
  let quickest = Number.POSITIVE_INFINITY;
  const begin = performance.now();
  for (let tried = 0; tried < TRIES && quickest > maxBatchMs && performance.now() - begin < ENOUGH_MS; tried += 1) {
    const start = performance.now();
    await model.run(images, size);
    quickest = Math.min(quickest, performance.now() - start);
  }
  return quickest;
}
