import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { affineOfRange, dequantize, quantize } from './affine-uint8.js';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const range = fc.tuple(finite, finite).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));

describe('bytes for a range', () => {
  it('are at most half a step away from every number of the range', () => {
    fc.assert(
      fc.property(range, fc.double({ min: 0, max: 1, noNaN: true }), ({ min, max }, share) => {
        const affine = affineOfRange({ min, max });
        const value = min + share * (max - min);
        const error = Math.abs(dequantize(quantize(value, affine), affine) - value);
        // The ends may lie half a step outside, because zero is kept exactly.
        expect(error).toBeLessThanOrEqual(affine.scale * 1.0001);
        const inside = value > (1 - affine.zeroPoint) * affine.scale && value < (254 - affine.zeroPoint) * affine.scale;
        if (inside) expect(error).toBeLessThanOrEqual(affine.scale * 0.5001);
      }),
    );
  });

  it('keep zero exactly and never change the order of numbers', () => {
    fc.assert(
      fc.property(range, finite, finite, (given, a, b) => {
        const affine = affineOfRange(given);
        expect(dequantize(quantize(0, affine), affine)).toBe(0);
        expect(quantize(Math.min(a, b), affine)).toBeLessThanOrEqual(quantize(Math.max(a, b), affine));
      }),
    );
  });

  it('are the bytes of an image when the range is that of an image', () => {
    const affine = affineOfRange({ min: 0, max: 1 });
    for (let byte = 0; byte < 256; byte += 1) expect(quantize(Math.fround(byte / 255), affine)).toBe(byte);
  });

  it('round halves to even, as QuantizeLinear does', () => {
    const affine = { scale: 1, zeroPoint: 10 };
    expect([0.5, 1.5, 2.5, -0.5, -1.5].map((value) => quantize(value, affine))).toEqual([10, 12, 12, 10, 8]);
  });

  it('have a usable scale for a tensor that is always zero', () => {
    for (const max of [0, 1e-40]) expect(affineOfRange({ min: 0, max })).toEqual({ scale: 1, zeroPoint: 0 });
  });
});
