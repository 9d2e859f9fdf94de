import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from './read-safetensors.js';
import { readTfjsWeights } from './tfjs-weights.js';

function safetensors(header: object, data: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const TWO = new Uint8Array(Float32Array.from([1.5, -2]).buffer);

describe('readSafetensors', () => {
  it('reads float32 tensors by name, and leaves counters and metadata out', () => {
    const file = safetensors(
      {
        __metadata__: { format: 'pt' },
        'bn.num_batches_tracked': { dtype: 'I64', shape: [], data_offsets: [8, 16] },
        'fc.weight': { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
      },
      Buffer.concat([TWO, Buffer.alloc(8)]),
    );
    const tensors = readSafetensors(file);
    expect([...tensors.keys()]).toEqual(['fc.weight']);
    expect(tensors.get('fc.weight')).toEqual({ shape: [1, 2], data: Float32Array.from([1.5, -2]) });
  });

  it('copies the values, so that the file can be let go', () => {
    const file = safetensors({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, TWO);
    expect(readSafetensors(file).get('a')?.data.buffer.byteLength).toBe(8);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 1, 2])],
    ['a header that is no JSON', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 33, 33])],
    ['a tensor outside the file', safetensors({ a: { dtype: 'F32', shape: [4], data_offsets: [0, 16] } }, TWO)],
    ['offsets that do not fit the shape', safetensors({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 8] } }, TWO)],
    ['a negative dimension', safetensors({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 8] } }, TWO)],
  ])('refuses %s', (_what, file) => {
    expect(() => readSafetensors(file)).toThrow(expect.objectContaining({ reason: 'WEIGHTS_INVALID' }));
  });

  it('reads or refuses any bytes, and never crashes', () => {
    const whole = safetensors({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, TWO);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        try {
          readSafetensors(damaged);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'WEIGHTS_INVALID' });
        }
      }),
    );
  });
});

describe('readTfjsWeights', () => {
  const manifest = [
    {
      weights: [
        { name: 'conv/filters', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
        { name: 'conv/bias', shape: [2], dtype: 'float32' },
      ],
    },
  ];

  it('reads quantised and plain weights, one after the other', () => {
    const tensors = readTfjsWeights(manifest, Buffer.concat([Buffer.from([0, 10]), TWO]));
    expect(tensors.get('conv/filters')?.data).toEqual(Float32Array.from([-1, 4]));
    expect(tensors.get('conv/bias')?.data).toEqual(Float32Array.from([1.5, -2]));
  });

  it('refuses a file that is too short or too long', () => {
    expect(() => readTfjsWeights(manifest, Buffer.alloc(9))).toThrow('"conv/bias" needs 8 bytes at 2, the file has 9');
    expect(() => readTfjsWeights(manifest, Buffer.alloc(11))).toThrow('it describes 10 bytes, the file has 11');
  });
});
