import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mcNemarExact } from './mcnemar.js';

describe('mcNemarExact', () => {
  // scipy.stats.binomtest(b, b + c).pvalue, as SciPy computes it
  it.each([
    [0, 0, 1],
    [5, 5, 1],
    [1, 0, 1],
    [0, 6, 0.03125],
    [10, 3, 0.09228515625],
    [59, 6, 4.964650327128616e-12],
    [500, 560, 0.06990955946026937],
  ])('of %i and %i is %d', (b, c, p) => {
    const got = mcNemarExact(b, c);
    expect(Math.abs(got - p)).toBeLessThanOrEqual(p * 1e-9);
  });

  it('does not mind which is which, lies in (0, 1], and falls as one side grows', () => {
    const count = fc.nat(3000);
    fc.assert(
      fc.property(count, count, (b, c) => {
        const p = mcNemarExact(b, c);
        expect(p).toBe(mcNemarExact(c, b));
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(1);
        const [low, high] = [Math.min(b, c), Math.max(b, c)];
        expect(mcNemarExact(low, high + 10)).toBeLessThanOrEqual(p + 1e-12);
      }),
    );
  });

  it('refuses what is no number of samples', () => {
    expect(() => mcNemarExact(-1, 2)).toThrow(RangeError);
    expect(() => mcNemarExact(1.5, 2)).toThrow(RangeError);
  });
});
