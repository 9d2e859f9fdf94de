import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wilson } from './wilson.js';

describe('wilson', () => {
  // scipy.stats.binomtest(k, n).proportion_ci(0.95, 'wilson'), scipy 1.x; the first is the paper's 74.14 %.
  it.each([
    [2661, 3589, 0.7268546878622613, 0.755493342203289],
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [3, 7, 0.1582198552514697, 0.7495416354723428],
  ])("gives scipy's interval for %i of %i", (k, n, low, high) => {
    const interval = wilson(k, n);
    expect(interval.low).toBeCloseTo(low, 12);
    expect(interval.high).toBeCloseTo(high, 12);
  });

  it('stays inside [0, 1] and around k/n for every proportion', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const k = Math.round(n * share);
        const { value, low, high } = wilson(k, n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  it('is symmetric: failures get the mirrored interval', () => {
    const hits = wilson(30, 100);
    const misses = wilson(70, 100);
    expect(hits.low).toBeCloseTo(1 - misses.high, 12);
  });

  it('knows nothing without samples, and refuses impossible counts', () => {
    expect(wilson(0, 0)).toMatchObject({ low: 0, high: 1 });
    expect(() => wilson(2, 1)).toThrow('2 of 1 is no proportion');
    expect(() => wilson(1, 2, 0.5)).toThrow('allowed are 0.9, 0.95 and 0.99');
  });
});
