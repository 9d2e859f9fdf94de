import type { ProbabilitySmoothing } from './probability-smoothing.js';

/** The median of the last frames, label by label, divided by the sum over the labels; of fewer frames while there are no more. */
export class MedianSmoothing implements ProbabilitySmoothing {
  readonly #frames: number;
  #window: (readonly number[])[] = [];

  /** @throws RangeError unless the number of frames is a whole one above 0. */
  constructor(frames: number) {
    if (!Number.isInteger(frames) || frames < 1) throw new RangeError(`a median is of 1 frame or more, got ${frames}`);
    this.#frames = frames;
  }

  /** The time does not matter: a frame counts whenever it was. */
  add(_timeMs: number, probabilities: readonly number[]): number[] {
    const labels = this.#window[0]?.length ?? probabilities.length;
    if (probabilities.length !== labels)
      throw new RangeError(`${labels} labels are smoothed, got ${probabilities.length}`);
    this.#window = [...this.#window, [...probabilities]].slice(-this.#frames);
    const medians = probabilities.map((_, label) => median(this.#window.map((frame) => frame[label])));
    const sum = medians.reduce((total, value) => total + value, 0);
    // Where every label has been improbable in most frames no median says anything.
    return sum > 0 ? medians.map((value) => value / sum) : [...probabilities];
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
