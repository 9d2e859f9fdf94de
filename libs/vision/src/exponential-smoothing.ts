import type { ProbabilitySmoothing } from './probability-smoothing.js';

/**
 * The mean of all frames so far, each with a weight that halves with time: 2^(−age ÷ half-life). Divided by the sum of the weights, so that
 * the first frame weighs no more than others, and frames of any distance count alike.
 */
export class ExponentialSmoothing implements ProbabilitySmoothing {
  readonly #halfLifeMs: number;
  #timeMs = Number.NEGATIVE_INFINITY;
  #sums: number[] = [];
  #weight = 0;

  /** @throws RangeError unless the half-life is above 0. */
  constructor(halfLifeMs: number) {
    if (!(halfLifeMs > 0)) throw new RangeError(`a half-life is above 0 ms, got ${halfLifeMs}`);
    this.#halfLifeMs = halfLifeMs;
  }

  add(timeMs: number, probabilities: readonly number[]): number[] {
    if (!(timeMs >= this.#timeMs))
      throw new RangeError(`frames are smoothed in order of time: ${timeMs} ms came after ${this.#timeMs} ms`);
    if (this.#weight === 0) this.#sums = Array(probabilities.length).fill(0);
    if (probabilities.length !== this.#sums.length)
      throw new RangeError(`${this.#sums.length} labels are smoothed, got ${probabilities.length}`);
    const decay = this.#weight === 0 ? 0 : 2 ** ((this.#timeMs - timeMs) / this.#halfLifeMs);
    this.#timeMs = timeMs;
    this.#weight = this.#weight * decay + 1;
    this.#sums = this.#sums.map((sum, label) => sum * decay + probabilities[label]);
    return this.#sums.map((sum) => sum / this.#weight);
  }
}
