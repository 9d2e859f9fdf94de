import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanWeightError, quantizeBias, quantizeWeights } from './channel-int8.js';

const weightsOf = (length: number) =>
  fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: length, maxLength: length });

describe('weights of a channel', () => {
  it('are at most half a step away, with one scale for each channel', () => {
    fc.assert(
      fc.property(weightsOf(12), (given) => {
        const weights = Float32Array.from(given);
        const layout = { channels: 3, inner: 4 };
        const { values, scales } = quantizeWeights(weights, layout, new Float32Array(3), 1);
        expect(scales).toHaveLength(3);
        for (const [i, weight] of weights.entries()) {
          const scale = scales[Math.floor(i / 4)];
          expect(Math.abs(values[i] * scale - weight)).toBeLessThanOrEqual(scale * 0.5001);
        }
      }),
    );
  });

  it('find their channel on the last axis too', () => {
    const weights = Float32Array.of(1, 10, -0.5, 127, 0.25, -5);
    const { values, scales } = quantizeWeights(weights, { channels: 2, inner: 1 }, new Float32Array(2), 1);
    expect(scales).toEqual(Float32Array.of(1 / 127, 1));
    expect(Array.from(values)).toEqual([127, 10, -64, 127, 32, -5]);
  });

  it('leave room for the bias of a channel that is all but switched off', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-30, max: 1, noNaN: true }),
        fc.double({ min: -1e3, max: 1e3, noNaN: true }),
        fc.double({ min: 1e-6, max: 10, noNaN: true }),
        (weight, given, inputScale) => {
          const bias = Float32Array.of(given);
          const { scales } = quantizeWeights(Float32Array.of(weight), { channels: 1, inner: 1 }, bias, inputScale);
          const stored = quantizeBias(bias, scales, inputScale);
          expect(Math.abs(stored.values[0] * stored.scales[0] - bias[0])).toBeLessThanOrEqual(
            stored.scales[0] * 0.51 + Math.abs(bias[0]) * 1e-6,
          );
        },
      ),
    );
  });

  it('are told the mean of what rounding them adds', () => {
    const weights = Float32Array.of(1, 0.3, 0.7, 1);
    const rounded = { values: Int8Array.of(2, 1, 1, 2), scales: Float32Array.of(0.5, 0.5) };
    const layout = { axis: 0, channels: 2, inner: 2, inputChannel: (place: number) => place % 2 };
    const error = meanWeightError(weights, rounded, layout, [10, 100]);
    expect(error[0]).toBeCloseTo((0.5 - 0.3) * 100, 4);
    expect(error[1]).toBeCloseTo((0.5 - 0.7) * 10, 4);
  });
});
