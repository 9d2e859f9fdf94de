import type { ActivationHistogram } from './activation-histogram.js';
import { affineOfRange, dequantize, quantize, type ValueRange } from './affine-uint8.js';

/**
 * How a range is chosen from the values seen: all of them; all but a hundred-thousandth at either end; or the range whose bytes have
 * the least mean squared error.
 */
export const RANGE_METHODS = ['min-max', 'percentile', 'mse'] as const;

export type RangeMethod = (typeof RANGE_METHODS)[number];

export function chooseRange(histogram: ActivationHistogram, method: RangeMethod): ValueRange {
  const { min, max } = histogram.range;
  // Constant, or never seen.
  if (!(max > min)) return Number.isFinite(min) ? { min, max } : { min: 0, max: 0 };
  if (method === 'min-max') return { min, max };
  return method === 'mse' ? leastSquaredError(histogram) : withoutTails(histogram);
}

/** Share of the values that may be clipped on each side. */
const TAIL = 1e-5;

function withoutTails(histogram: ActivationHistogram): ValueRange {
  const { counts, range, width } = histogram;
  const allowed = counts.reduce((sum, count) => sum + count, 0) * TAIL;
  let low = 0;
  for (let clipped = 0; clipped + counts[low] <= allowed; low += 1) clipped += counts[low];
  let high = counts.length - 1;
  for (let clipped = 0; clipped + counts[high] <= allowed; high -= 1) clipped += counts[high];
  return {
    min: Math.max(range.min, histogram.centre(low) - width / 2),
    max: Math.min(range.max, histogram.centre(high) + width / 2),
  };
}

/** Shares of the full range that are tried, for each side of zero. */
const SHARES = Array.from({ length: 40 }, (_, i) => 1 - i / 50);

function leastSquaredError(histogram: ActivationHistogram): ValueRange {
  const { min, max } = histogram.range;
  let best: ValueRange = { min, max };
  let least = squaredError(histogram, best);
  for (const share of SHARES) {
    for (const candidate of candidates(best, min, max, share)) {
      const error = squaredError(histogram, candidate);
      if (error >= least) continue;
      least = error;
      best = candidate;
    }
  }
  return best;
}

/** One side shortened, or both alike. */
function candidates(best: ValueRange, min: number, max: number, share: number): ValueRange[] {
  const both = { min: min < 0 ? min * share : min, max: max * share };
  return min < 0 ? [both, { ...best, min: min * share }, { ...best, max: max * share }] : [both];
}

function squaredError(histogram: ActivationHistogram, range: ValueRange): number {
  const affine = affineOfRange(range);
  let error = 0;
  for (let bin = 0; bin < histogram.counts.length; bin += 1) {
    const count = histogram.counts[bin];
    if (count === 0) continue;
    const value = histogram.centre(bin);
    const difference = value - dequantize(quantize(value, affine), affine);
    error += count * difference * difference;
  }
  return error;
}
