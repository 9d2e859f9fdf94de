import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype } from './dtypes.js';
import { float32Tensor } from './float32-tensor.js';
import { float32Tensors } from './float32-tensors.js';
import { StoredTensor } from './stored-tensor.js';

const stored = (dtype: Dtype, bytes: Uint8Array, shape = [2]): StoredTensor =>
  new StoredTensor(dtype, shape, 'x', () => bytes);

describe('float32Tensor', () => {
  it.each<[Dtype, number[], number[]]>([
    ['F16', [0x3c00, 0xc000], [1, -2]],
    ['BF16', [0x3f80, 0xc000], [1, -2]],
    ['F16', [0x7c00, 0x0001], [Number.POSITIVE_INFINITY, 2 ** -24]],
    ['BF16', [0xff80, 0x0001], [Number.NEGATIVE_INFINITY, 2 ** -133]],
  ])('converts %s', (dtype, halves, values) => {
    expect([...float32Tensor(stored(dtype, new Uint8Array(Uint16Array.from(halves).buffer))).data]).toEqual(values);
  });

  it('rounds F64', () => {
    const bytes = new Uint8Array(Float64Array.from([0.1, 1e300]).buffer);
    expect([...float32Tensor(stored('F64', bytes)).data]).toEqual([Math.fround(0.1), Number.POSITIVE_INFINITY]);
  });

  it('is a view where the bytes are aligned, else a copy, of the same values', () => {
    fc.assert(
      fc.property(fc.nat(7), fc.float32Array({ minLength: 2, maxLength: 2 }), (shift, values) => {
        const file = new Uint8Array(16);
        file.set(new Uint8Array(values.buffer.slice(0)), shift);
        const { data } = float32Tensor(stored('F32', file.subarray(shift, shift + 8)));
        expect(data).toEqual(values);
        expect(data.buffer === file.buffer).toBe(shift % 4 === 0);
      }),
    );
  });

  it('refuses integers', () => {
    expect(() => float32Tensor(stored('I64', new Uint8Array(16)))).toThrow('a tensor of I64 is no float32');
  });
});

describe('float32Tensors', () => {
  it('is a map of what is asked for, without the integers', () => {
    let reads = 0;
    const weight = new StoredTensor('F32', [1], 'w', () => {
      reads += 1;
      return new Uint8Array(4);
    });
    const tensors = float32Tensors(
      new Map([
        ['w', weight],
        ['n', stored('I64', new Uint8Array(16))],
      ]),
    );
    expect([tensors.size, [...tensors.keys()], tensors.has('n'), tensors.get('n'), reads]).toEqual([
      1,
      ['w'],
      false,
      undefined,
      0,
    ]);
    expect(tensors.get('w')).toEqual({ shape: [1], data: new Float32Array(1) });
    expect([...tensors].map(([name]) => name)).toEqual(['w']);
    expect([...tensors.values()]).toHaveLength(1);
    expect(reads).toBe(3);
  });
});
