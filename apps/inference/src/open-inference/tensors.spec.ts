import {
  InferTensorContents,
  ModelInferRequest,
  type ModelInferRequest_InferInputTensor,
} from '@resmask/contracts/open-inference';
import type { AnyTensor, TensorType } from '@resmask/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DATATYPES, type FixedType, LAYOUTS } from './datatype.js';
import { decodeInputTensors } from './input-tensors.js';
import { toOutputTensors } from './output-tensors.js';

const TYPES = Object.keys(DATATYPES) as TensorType[];
const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => !value.includes('\0'));

/** Elements of a type, as the wire can carry them. */
function elements(type: TensorType, count: number): fc.Arbitrary<AnyTensor['data']> {
  const many = { minLength: count, maxLength: count };
  if (type === 'string') return fc.array(text, many);
  if (type === 'bool') return fc.array(fc.nat({ max: 1 }), many).map((bits) => Uint8Array.from(bits));
  const { bytes, View } = LAYOUTS[type];
  const size = { minLength: count * bytes, maxLength: count * bytes };
  return fc.uint8Array(size).map((raw) => new View(new Uint8Array(raw).buffer, 0, count));
}

const tensor = (type: TensorType): fc.Arbitrary<AnyTensor> =>
  fc
    .array(fc.nat({ max: 4 }), { maxLength: 3 })
    .chain((dims) => elements(type, product(dims)).map((data) => ({ type, dims, data }) as AnyTensor));

/** As it comes off the wire. */
function received(request: {
  readonly inputs: Partial<ModelInferRequest_InferInputTensor>[];
  readonly rawInputContents?: Buffer[];
}): ModelInferRequest {
  const whole = ModelInferRequest.fromPartial(request as ModelInferRequest);
  return ModelInferRequest.decode(ModelInferRequest.encode(whole).finish());
}

function input(value: AnyTensor, contents?: InferTensorContents) {
  return { name: 'x', datatype: DATATYPES[value.type].name, shape: value.dims.map(BigInt), contents };
}

const signature = ({ type, dims }: AnyTensor) => [{ name: 'x', type, shape: dims.map(() => -1) }];
const bits = ({ data }: AnyTensor): unknown =>
  'buffer' in data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data;

describe.each(TYPES)('a tensor of %s', (type) => {
  it('comes back from raw bytes as it was, aligned and in a buffer of its own', () => {
    fc.assert(
      fc.property(tensor(type), (value) => {
        const { rawOutputContents: rawInputContents } = toOutputTensors([{ name: 'x' }], [value]);
        const { x } = decodeInputTensors(received({ inputs: [input(value)], rawInputContents }), signature(value));
        expect(x).toMatchObject({ type, dims: value.dims });
        expect(bits(x)).toEqual(bits(value));
        if ('buffer' in x.data) expect(x.data.buffer.byteLength).toBe(x.data.byteLength);
      }),
    );
  });

  it('of another number of bytes is refused, whatever the shape claims', () => {
    fc.assert(
      fc.property(tensor(type), fc.integer({ min: 1, max: 9 }), fc.nat({ max: 3 }), (value, more, huge) => {
        const [raw] = toOutputTensors([{ name: 'x' }], [value]).rawOutputContents;
        const longer = received({
          inputs: [input(value)],
          rawInputContents: [Buffer.concat([raw, Buffer.alloc(more)])],
        });
        expect(() => decodeInputTensors(longer, signature(value))).toThrow(/raw_input_contents\[0\]/);
        const claimed = { ...value, dims: [...value.dims, 2 ** 31 - 1 - huge, 2 ** 30] } as AnyTensor;
        if (product(value.dims) === 0) return;
        const claiming = received({ inputs: [input(claimed)], rawInputContents: [raw] });
        expect(() => decodeInputTensors(claiming, signature(claimed))).toThrow(/raw_input_contents\[0\]/);
      }),
    );
  });
});

describe.each(TYPES.filter((type) => type !== 'float16'))('typed contents of %s', (type) => {
  it('give the same tensor as raw bytes', () => {
    fc.assert(
      fc.property(tensor(type), (value) => {
        const contents = typedContents(value);
        const { x } = decodeInputTensors(received({ inputs: [input(value, contents)] }), signature(value));
        expect(x).toMatchObject({ type, dims: value.dims });
        expect(Array.from(x.data as ArrayLike<unknown>)).toEqual(Array.from(value.data as ArrayLike<unknown>));
      }),
    );
  });
});

describe('input tensors', () => {
  const value: AnyTensor = { type: 'int8', dims: [2], data: Int8Array.from([1, 2]) };
  const x = input(value);
  const raw = [Buffer.from([1, 2])];
  const typed = (contents: Partial<InferTensorContents>) => input(value, InferTensorContents.fromPartial(contents));
  const half = { name: 'x', datatype: 'FP16', shape: [1n], contents: InferTensorContents.fromPartial({}) };

  it.each([
    [
      'raw and typed elements together',
      { inputs: [typed({ intContents: [1, 2] })], rawInputContents: raw },
      /one or the other/,
    ],
    ['fewer raw elements than inputs', { inputs: [x, x], rawInputContents: raw }, /there are 1 for 2 inputs/],
    ['no elements at all', { inputs: [x] }, /got 0 elements; the shape has 2/],
    ['an input of another name', { inputs: [{ ...x, name: 'y' }], rawInputContents: raw }, /the model's inputs are x/],
    ['the same input twice', { inputs: [x, x], rawInputContents: [...raw, ...raw] }, /"x" is there twice/],
    ['no input', { inputs: [] }, /x missing/],
    ['another datatype', { inputs: [{ ...x, datatype: 'INT16' }], rawInputContents: raw }, /got "INT16"; "x" is INT8/],
    ['another rank', { inputs: [{ ...x, shape: [1n, 2n] }], rawInputContents: raw }, /got \[1,2\]/],
    ['a negative size', { inputs: [{ ...x, shape: [-1n] }], rawInputContents: raw }, /got \[-1\]/],
    ['a list of another datatype', { inputs: [typed({ uintContents: [1, 2] })] }, /INT8 belongs into int_contents/],
    ['an element out of range', { inputs: [typed({ intContents: [1, 128] })] }, /element 1 is 128, which is no INT8/],
  ])('refuses %s', (_what, request, message) => {
    expect(() => decodeInputTensors(received(request), [{ name: 'x', type: 'int8', shape: [-1] }])).toThrow(message);
  });

  it('refuses typed halves, shared memory, text with a NUL, and bytes that are no text', () => {
    const only = (type: TensorType) => [{ name: 'x', type, shape: [-1] }];
    expect(() => decodeInputTensors(received({ inputs: [half] }), only('float16'))).toThrow(/raw_input_contents/);
    const shared = { shared_memory_region: { parameterChoice: { $case: 'stringParam', value: 'r' } as const } };
    expect(() => decodeInputTensors(received({ inputs: [{ ...x, parameters: shared }] }), only('int8'))).toThrow(
      expect.objectContaining({ reason: 'NOT_SUPPORTED' }),
    );
    for (const byte of [0, 0xff]) {
      const inputs = [{ name: 'x', datatype: 'BYTES', shape: [1n] }];
      const request = received({ inputs, rawInputContents: [Buffer.from([1, 0, 0, 0, byte])] });
      expect(() => decodeInputTensors(request, only('string'))).toThrow(/element 0: it/);
    }
  });

  it('keeps every bit of 64', () => {
    const big: AnyTensor = { type: 'uint64', dims: [1], data: BigUint64Array.of(2n ** 64n - 1n) };
    const { x: read } = decodeInputTensors(received({ inputs: [input(big, typedContents(big))] }), signature(big));
    expect(read.data).toEqual(big.data);
  });

  it('makes ones of what is another byte than 0 and 1 in a BOOL', () => {
    const inputs = [{ name: 'x', datatype: 'BOOL', shape: [3n] }];
    const request = received({ inputs, rawInputContents: [Buffer.from([0, 1, 7])] });
    expect(decodeInputTensors(request, [{ name: 'x', type: 'bool', shape: [-1] }])['x'].data).toEqual(
      Uint8Array.of(0, 1, 1),
    );
  });
});

function typedContents({ type, data }: AnyTensor): InferTensorContents {
  const list = DATATYPES[type].contents;
  if (!list) throw new TypeError(`${type} has no typed contents`);
  const items = Array.from(data as ArrayLike<unknown>, (element) => {
    if (typeof element === 'string') return Buffer.from(element);
    return (type as FixedType) === 'bool' ? element === 1 : element;
  });
  return { ...InferTensorContents.fromPartial({}), [list]: items };
}

function product(dims: readonly number[]): number {
  return dims.reduce((count, size) => count * size, 1);
}
