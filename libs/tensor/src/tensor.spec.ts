import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, softmax } from './softmax.js';
import { tensor, transpose } from './tensor.js';

describe('transpose', () => {
  it('moves tfjs filters (height, width, in, out) to ONNX order (out, in, height, width)', () => {
    const source = tensor([1, 2, 1, 3], Float32Array.from([1, 2, 3, 4, 5, 6]));
    expect(transpose(source, [3, 2, 0, 1])).toEqual({
      shape: [3, 1, 1, 2],
      data: Float32Array.from([1, 4, 2, 5, 3, 6]),
    });
  });

  it('is undone by the inverse permutation', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 3 }), (shape) => {
        const source = tensor(
          shape,
          Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, (_, i) => i),
        );
        expect(transpose(transpose(source, [1, 2, 0]), [2, 0, 1])).toEqual(source);
      }),
    );
  });

  it('refuses an order that is no permutation', () => {
    expect(() => transpose(tensor([2], new Float32Array(2)), [1])).toThrow('no permutation');
  });
});

describe('softmax', () => {
  it('sums to one and keeps the order, whatever the logits', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -80, max: 80, noNaN: true }), { minLength: 1, maxLength: 10 }), (logits) => {
        const probabilities = softmax(logits);
        expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        expect(probabilities[argmax(logits)]).toBe(Math.max(...probabilities));
      }),
    );
  });

  it('survives logits that would overflow', () => {
    expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
  });
});
