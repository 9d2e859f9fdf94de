import type { Classifier } from '@resmask/engine';
import type { ClaimedShard, ScoredSample } from './shard.repository.js';

/** The samples of a run's split, and how the model's output becomes the data set's label order. */
export interface SplitSamples {
  /** Loaded. */
  readonly classifier: Classifier;
  readonly order: readonly number[];
  readonly width: number;
  readonly height: number;
  /** All images, one after the other. */
  readonly pixels: Buffer;
  /** One byte per image. */
  readonly labels: Buffer;
}

/** Scores the samples of one shard. */
export async function scoreShard(
  { classifier, order, width, height, pixels, labels }: SplitSamples,
  { firstSample, sampleCount }: Pick<ClaimedShard, 'firstSample' | 'sampleCount'>,
  signal: AbortSignal,
): Promise<ScoredSample[]> {
  const size = width * height;
  const images = pixels.subarray(firstSample * size, (firstSample + sampleCount) * size);
  const rows = await classifier.samples(images, width, height);
  signal.throwIfAborted();
  const labelCount = rows.length / sampleCount;
  return Array.from({ length: sampleCount }, (_, i) => {
    const probabilities = order.map((position) => rows[i * labelCount + position]);
    return {
      sample: firstSample + i,
      trueLabel: labels[firstSample + i],
      predictedLabel: probabilities.indexOf(Math.max(...probabilities)),
      probabilities,
    };
  });
}
