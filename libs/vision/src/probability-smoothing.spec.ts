import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExponentialSmoothing } from './exponential-smoothing.js';
import { MedianSmoothing } from './median-smoothing.js';
import type { ProbabilitySmoothing } from './probability-smoothing.js';

const METHODS: readonly [string, () => ProbabilitySmoothing][] = [
  ['exponential', () => new ExponentialSmoothing(300)],
  ['median', () => new MedianSmoothing(5)],
];

describe.each(METHODS)('%s smoothing', (_name, create) => {
  it('leaves the first frame, and what does not change, as it is', () => {
    const smoothing = create();
    for (const timeMs of [0, 40, 500, 500])
      for (const [i, value] of smoothing.add(timeMs, [0.7, 0.2, 0.1]).entries())
        expect(value).toBeCloseTo([0.7, 0.2, 0.1][i], 12);
  });

  it('gives probabilities whatever it takes', () => {
    const probabilities = fc
      .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
      .map((values) => values.map((value) => value / values.reduce((sum, other) => sum + other, 0)));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), probabilities)), (frames) => {
        const smoothing = create();
        let timeMs = 0;
        for (const [wait, values] of frames) {
          timeMs += wait;
          const smoothed = smoothing.add(timeMs, values);
          expect(smoothed.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
          for (const value of smoothed) expect(value).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('refuses another number of labels', () => {
    const smoothing = create();
    smoothing.add(0, [0.5, 0.5]);
    expect(() => smoothing.add(40, [1])).toThrow('2 labels are smoothed, got 1');
  });
});

describe('ExponentialSmoothing', () => {
  it('halves the weight of a frame with each half-life', () => {
    const smoothing = new ExponentialSmoothing(100);
    smoothing.add(0, [1, 0]);
    // Weights 1/2 and 1.
    expect(smoothing.add(100, [0, 1])[0]).toBeCloseTo(1 / 3, 12);
    // Weights 1/8, 1/4 and 1.
    expect(smoothing.add(300, [0, 1])[0]).toBeCloseTo(1 / 11, 12);
  });

  it('means the same at any frame rate', () => {
    const [slow, fast] = [200, 20].map((interval) => {
      const smoothing = new ExponentialSmoothing(400);
      let last: number[] = [];
      // One label for 2 s, then the other for 400 ms.
      for (let timeMs = 0; timeMs < 2400; timeMs += interval)
        last = smoothing.add(timeMs, timeMs < 2000 ? [1, 0] : [0, 1]);
      return last[0];
    });
    expect(Math.abs(slow - fast)).toBeLessThan(0.11);
  });

  it('forgets almost all of what was before a long pause', () => {
    const smoothing = new ExponentialSmoothing(300);
    smoothing.add(0, [1, 0]);
    expect(smoothing.add(6000, [0, 1])[0]).toBeLessThan(1e-5);
  });

  it('refuses a half-life that is none, and a time before the last', () => {
    expect(() => new ExponentialSmoothing(0)).toThrow('a half-life is above 0 ms, got 0');
    const smoothing = new ExponentialSmoothing(300);
    smoothing.add(80, [1]);
    expect(() => smoothing.add(40, [1])).toThrow('40 ms came after 80 ms');
  });
});

describe('MedianSmoothing', () => {
  it('ignores what lasts for less than half the window', () => {
    const smoothing = new MedianSmoothing(3);
    expect(smoothing.add(0, [0.8, 0.2])).toEqual([0.8, 0.2]);
    expect(smoothing.add(1, [0, 1])).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.6, 12)]);
    expect(smoothing.add(2, [0.8, 0.2])).toEqual([expect.closeTo(0.8, 12), expect.closeTo(0.2, 12)]);
    expect(smoothing.add(3, [0.5, 0.5])).toEqual([0.5, 0.5]);
  });

  it('makes the medians sum to one', () => {
    const smoothing = new MedianSmoothing(3);
    smoothing.add(0, [0.6, 0.2, 0.2]);
    smoothing.add(1, [0.2, 0.6, 0.2]);
    // Medians 0.2, 0.2, 0.2.
    for (const value of smoothing.add(2, [0.2, 0.2, 0.6])) expect(value).toBeCloseTo(1 / 3, 12);
  });

  it('takes the frame itself where all medians are 0', () => {
    const smoothing = new MedianSmoothing(3);
    smoothing.add(0, [1, 0, 0]);
    smoothing.add(1, [0, 1, 0]);
    expect(smoothing.add(2, [0, 0, 1])).toEqual([0, 0, 1]);
  });

  it('refuses a number of frames that is none', () => {
    expect(() => new MedianSmoothing(0)).toThrow('a median is of 1 frame or more, got 0');
    expect(() => new MedianSmoothing(2.5)).toThrow('got 2.5');
  });
});
