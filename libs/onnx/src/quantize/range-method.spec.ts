import { seededRandom } from '@resmask/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActivationHistogram } from './activation-histogram.js';
import { affineOfRange, dequantize, quantize } from './affine-uint8.js';
import { chooseRange, RANGE_METHODS } from './range-method.js';

function histogramOf(...parts: readonly Float32Array[]): ActivationHistogram {
  const histogram = new ActivationHistogram();
  for (const part of parts) histogram.add(part);
  return histogram;
}

/** Many small values of a bell's shape and one far away. */
function withOutlier(outlier: number): Float32Array {
  const random = seededRandom(1);
  const bell = (): number => Array.from({ length: 6 }, random).reduce((a, b) => a + b) - 3;
  const values = Float32Array.from({ length: 200_000 }, bell);
  values[77] = outlier;
  return values;
}

describe('ActivationHistogram', () => {
  it('counts every value in the bin around it, however late the large ones come', () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (parts) => {
        const histogram = histogramOf(...parts.map((part) => Float32Array.from(part)));
        const all = parts.flat();
        expect(histogram.counts.reduce((a, b) => a + b)).toBe(all.length);
        expect(histogram.range).toEqual({ min: Math.min(...all), max: Math.max(...all) });
        for (const [bin, count] of histogram.counts.entries()) {
          if (count === 0) continue;
          const near = all.filter((value) => Math.abs(value - histogram.centre(bin)) <= histogram.width * 0.501);
          expect(near.length).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (value) => {
    expect(() => histogramOf(Float32Array.of(1, value))).toThrow(RangeError);
  });
});

describe('chooseRange', () => {
  it('takes everything, leaves out what hardly ever comes, or weighs both sides', () => {
    const histogram = histogramOf(withOutlier(60));
    const [all, most, best] = RANGE_METHODS.map((method) => chooseRange(histogram, method));
    expect(all.max).toBe(60);
    expect(most.max).toBeLessThan(3.1);
    expect(most.min).toBeCloseTo(all.min, 0);
    expect(best.max).toBeLessThan(60);
  });

  it('has the least error by the method that looks for it', () => {
    const values = withOutlier(12);
    const histogram = histogramOf(values);
    const errors = RANGE_METHODS.map((method) => {
      const affine = affineOfRange(chooseRange(histogram, method));
      return values.reduce((sum, value) => sum + (value - dequantize(quantize(value, affine), affine)) ** 2, 0);
    });
    expect(errors[2]).toBeLessThanOrEqual(Math.min(...errors) * 1.001);
    expect(errors[2]).toBeLessThan(errors[0]);
  });

  it.each(RANGE_METHODS)('knows by %s what a rectifier gives, and a constant', (method) => {
    const rectified = withOutlier(3).map((value) => Math.max(0, value));
    expect(chooseRange(histogramOf(rectified), method).min).toBe(0);
    expect(chooseRange(histogramOf(Float32Array.of(2, 2)), method)).toEqual({ min: 2, max: 2 });
  });
});
