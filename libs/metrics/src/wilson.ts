/** k successes of n trials with the Wilson score interval; value, low and high are fractions in [0, 1]. */
export interface Proportion {
  readonly k: number;
  readonly n: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/** Two-sided standard normal quantiles of the confidence levels offered. */
const QUANTILES: Readonly<Record<number, number>> = {
  0.9: 1.6448536269514722,
  0.95: 1.959963984540054,
  0.99: 2.5758293035489004,
};

/**
 * Wilson score interval of a proportion (E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", 1927). With n = 0 nothing is known: value is NaN and the interval is [0, 1].
 * @throws RangeError if not 0 ≤ k ≤ n in whole numbers, or for a confidence other than 0.9, 0.95 and 0.99.
 */
export function wilson(k: number, n: number, confidence = 0.95): Proportion {
  const z = QUANTILES[confidence];
  if (z === undefined) throw new RangeError(`confidence ${confidence}: allowed are 0.9, 0.95 and 0.99`);
  if (!Number.isInteger(k) || !Number.isInteger(n) || k < 0 || k > n) {
    throw new RangeError(`${k} of ${n} is no proportion`);
  }
  if (n === 0) return { k, n, value: Number.NaN, low: 0, high: 1, confidence };
  const p = k / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  // Exact at the ends, where rounding would leave -1e-17 or 1 - 1e-16.
  return { k, n, value: p, low: k === 0 ? 0 : centre - half, high: k === n ? 1 : centre + half, confidence };
}
