import type { ValueRange } from './affine-uint8.js';

/** Bins on each side of zero. */
const HALF = 2048;

/**
 * How often a tensor took which values, gathered in one pass: bins of equal width on both sides of zero, which become twice as wide
 * whenever a value lies beyond the last.
 */
export class ActivationHistogram {
  /** Bin i counts values from (i − HALF) × width on. */
  readonly counts = new Float64Array(2 * HALF);
  #width = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  /** Width of a bin; 0 until a value other than zero came. */
  get width(): number {
    return this.#width;
  }

  /** The least and greatest value; empty for no value at all. */
  get range(): ValueRange {
    return { min: this.#min, max: this.#max };
  }

  /** Centre of a bin. */
  centre(bin: number): number {
    return (bin - HALF + 0.5) * this.#width;
  }

  /** @throws RangeError for a value that is no finite number. */
  add(values: Float32Array): void {
    this.#widen(values);
    const { counts } = this;
    const perWidth = this.#width === 0 ? 0 : 1 / this.#width;
    const last = counts.length - 1;
    for (let i = 0; i < values.length; i += 1) {
      const bin = Math.floor(values[i] * perWidth) + HALF;
      // Rounding may put the outermost values one bin too far.
      counts[Math.min(Math.max(bin, 0), last)] += 1;
    }
  }

  #widen(values: Float32Array): void {
    let min = this.#min;
    let max = this.#max;
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (values.some(Number.isNaN) || !Number.isFinite(max - min))
      throw new RangeError(`values from ${min} to ${max}, or none at all, cannot be counted`);
    this.#min = min;
    this.#max = max;
    const limit = Math.max(-min, max);
    if (this.#width === 0) this.#width = limit / HALF;
    while (limit > this.#width * HALF) this.#double();
  }

  #double(): void {
    const { counts } = this;
    const merged = new Float64Array(counts.length);
    for (let bin = 0; bin < counts.length; bin += 1) merged[HALF / 2 + Math.floor(bin / 2)] += counts[bin];
    counts.set(merged);
    this.#width *= 2;
  }
}
