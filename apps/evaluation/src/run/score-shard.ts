import type { Engine } from '@resmask/engine';
import type { ClaimedShard, ScoredSample } from './shard.repository.js';

/** The samples of a run's split, and how the model's output becomes the data set's label order. */
export interface SplitSamples {
  /** Digest of the loaded classifier. */
  readonly classifier: string;
  readonly order: readonly number[];
  readonly width: number;
  readonly height: number;
  /** All images, one after the other. */
  readonly pixels: Buffer;
  /** One byte per image. */
  readonly labels: Buffer;
}

/** Scores the samples of one shard on the engine. */
export async function scoreShard(
  engine: Engine,
  { classifier, order, width, height, pixels, labels }: SplitSamples,
  { firstSample, sampleCount }: Pick<ClaimedShard, 'firstSample' | 'sampleCount'>,
  signal: AbortSignal,
): Promise<ScoredSample[]> {
  const size = width * height;
  const images = pixels.subarray(firstSample * size, (firstSample + sampleCount) * size);
  const rows = await engine.classify({ classifier, images, width, height }, signal);
  return rows.map((row, i) => {
    // Rounded to what is stored, so that ties are decided by the stored numbers.
    const probabilities = order.map((position) => Math.fround(row[position]));
    return {
      sample: firstSample + i,
      trueLabel: labels[firstSample + i],
      predictedLabel: probabilities.indexOf(Math.max(...probabilities)),
      probabilities,
    };
  });
}
