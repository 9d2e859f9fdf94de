import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPES, type Dtype } from './dtypes.js';
import { storedSafetensors } from './read-safetensors.js';
import { StoredTensor } from './stored-tensor.js';
import { writeSafetensors } from './write-safetensors.js';

const tensor = (dtype: Dtype, shape: readonly number[], fill = 1): StoredTensor => {
  const size = shape.reduce((a, b) => a * b, DTYPES[dtype].bytes);
  return new StoredTensor(dtype, shape, `${fill}`, () => new Uint8Array(size).fill(fill));
};
const file = (tensors: ReadonlyMap<string, StoredTensor>, metadata?: Record<string, string>): Buffer =>
  Buffer.concat([...writeSafetensors(tensors, metadata)]);
const headerOf = (bytes: Buffer): string => bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString();

describe('writeSafetensors', () => {
  const tensors = new Map([
    ['weight', tensor('F32', [3], 1)],
    ['2', tensor('I64', [], 2)],
    ['1', tensor('F16', [1], 3)],
  ]);

  it('keeps the order of names, and lays the largest elements first so that all are aligned', () => {
    const bytes = file(tensors, { format: 'pt' });
    expect(headerOf(bytes).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"weight":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},' +
        '"2":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"1":{"dtype":"F16","shape":[1],"data_offsets":[20,22]}}',
    );
    expect(headerOf(bytes).length % 8).toBe(0);
    expect([...bytes.subarray(-22)]).toEqual([...Array(8).fill(2), ...Array(12).fill(1), 3, 3]);
  });

  it('writes what storedSafetensors reads, of every kind', () => {
    const dtype = fc.constantFrom(...(Object.keys(DTYPES) as Dtype[]));
    const shape = fc.array(fc.nat(3), { maxLength: 3 });
    const entry = fc.tuple(fc.string({ minLength: 1 }), fc.record({ dtype, shape, fill: fc.nat(255) }));
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([name]) => name, maxLength: 6 }), (entries) => {
        const made = new Map(entries.map(([name, { dtype, shape, fill }]) => [name, tensor(dtype, shape, fill)]));
        made.delete('__metadata__');
        const read = storedSafetensors(file(made)).tensors;
        expect(read.size).toBe(made.size);
        for (const [name, { dtype, shape, bytes }] of made) {
          const copy = read.get(name);
          expect([copy?.dtype, copy?.shape]).toEqual([dtype, shape]);
          expect(Buffer.from(copy!.bytes())).toEqual(Buffer.from(bytes.call(made.get(name))));
        }
      }),
    );
  });
});

describe('storedSafetensors', () => {
  const F32 = { dtype: 'F32', shape: [1] };
  it.each<[string, Record<string, unknown>, number]>([
    ['begins at byte 4, the one before ends at 0', { a: { ...F32, data_offsets: [4, 8] } }, 8],
    [
      'begins at byte 0, the one before ends at 4',
      { a: { ...F32, data_offsets: [0, 4] }, b: { ...F32, data_offsets: [0, 4] } },
      8,
    ],
    ['have 4 bytes, the file has 8', { a: { ...F32, data_offsets: [0, 4] } }, 8],
    ['have 4 bytes, the file has 0', { a: { ...F32, data_offsets: [0, 4] } }, 0],
    ['needs 4 bytes and has 4 to 0', { a: { ...F32, data_offsets: [4, 0] } }, 4],
    ['is of F4; known are F64', { a: { dtype: 'F4', shape: [1], data_offsets: [0, 1] } }, 1],
    ['tensor "a" is {"dtype":"F32","shape":[-1]', { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4],
    ['tensor "a" is null', { a: null }, 0],
    ['metadata are no texts', { __metadata__: { a: 1 } }, 0],
  ])('refuses a file that %s', (problem, header, size) => {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    expect(() => storedSafetensors(Buffer.concat([length, json, Buffer.alloc(size)]))).toThrow(
      expect.objectContaining({ reason: 'WEIGHTS_INVALID', message: expect.stringContaining(problem) }),
    );
  });
});
