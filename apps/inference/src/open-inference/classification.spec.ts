import { describe, expect, it } from 'vitest';
import { classification } from './classification.js';

describe('classification', () => {
  const logits = { type: 'float32', dims: [2, 3], data: Float32Array.of(1, 3, 2, -1, -3, -2) } as const;

  it('names the best elements of each row, best first, with the labels there are', () => {
    expect(classification(logits, 2, ['a', 'b'], true)).toEqual({
      type: 'string',
      dims: [2, 2],
      data: ['3.000000:1:b', '2.000000:2', '-1.000000:0:a', '-2.000000:2'],
    });
  });

  it('has no more classes than elements, and one row where there is no batch', () => {
    const { dims, data } = classification({ ...logits, dims: [6] }, 9, undefined, false);
    expect(dims).toEqual([6]);
    expect(data[0]).toBe('3.000000:1');
  });

  it.each([
    [0x3c00, '1.000000'],
    [0xc000, '-2.000000'],
    [0x0001, '0.000000'],
    [0x7bff, '65504.000000'],
    [0x7c00, 'Infinity'],
  ])('reads halves: %i', (bits, text) => {
    const half = { type: 'float16', dims: [1], data: Uint16Array.of(bits) } as const;
    expect(classification(half, 1, undefined, false).data).toEqual([`${text}:0`]);
  });

  it('has no rows of an empty batch', () => {
    const none = { type: 'float32', dims: [0, 3], data: new Float32Array() } as const;
    expect(classification(none, 2, undefined, true)).toMatchObject({ dims: [0, 0], data: [] });
  });
});
