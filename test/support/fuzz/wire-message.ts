import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { tameText, type Vocabulary, wildText } from './text-values.js';

/** Deeper messages stay empty. */
const MAX_DEPTH = 5;
const MAX_ITEMS = 4;
/** Of a crowd of equal items; crowds inside crowds would be larger than any server reads. */
const MAX_CROWD_BYTES = 100_000;

type Wire = fc.Arbitrary<Uint8Array>;

/** Whether values are what a field is meant for, or anything its type can hold; and what words the service knows. */
export interface Style {
  readonly wild: boolean;
  readonly vocabulary: Vocabulary;
}

/**
 * Bytes of a message that its descriptor allows, and a little more: fields left out, several members of one `oneof`, enum values
 * nobody knows, numbers at every edge, text that is no text.
 */
export function wireMessage(message: DescMessage, style: Style, depth = 0): Wire {
  if (depth > MAX_DEPTH) return fc.constant(new Uint8Array());
  const fields = message.fields.map((field) => fc.option(fieldBytes(field, style, depth), { nil: undefined, freq: 5 }));
  return fc.tuple(...fields).map((parts) => Buffer.concat(parts.filter((part) => part !== undefined)));
}

/** Like `wireMessage`, and at times damaged, cut short, or no message at all. */
export function damagedMessage(message: DescMessage, vocabulary: Vocabulary): Wire {
  const whole = fc.oneof(...[true, false].map((wild) => wireMessage(message, { wild, vocabulary })));
  const damaged = fc.tuple(whole, fc.nat(), fc.nat({ max: 255 })).map(([bytes, at, value]) => {
    const copy = Uint8Array.from(bytes);
    if (copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });
  const cut = fc.tuple(whole, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1)));
  return fc.oneof(
    { arbitrary: whole, weight: 14 },
    { arbitrary: damaged, weight: 2 },
    { arbitrary: cut, weight: 1 },
    { arbitrary: fc.uint8Array({ maxLength: 64 }), weight: 1 },
  );
}

function fieldBytes(field: DescField, style: Style, depth: number): Wire {
  const one = (): Wire => singleValue(field, style, depth).map((write) => write(field.number));
  if (field.fieldKind === 'message' || field.fieldKind === 'scalar' || field.fieldKind === 'enum') return one();
  const many = field.fieldKind === 'map' ? mapEntry(field, style, depth) : one();
  const some = fc.array(many, { maxLength: MAX_ITEMS });
  if (!style.wild) return some.map((items) => Buffer.concat(items));
  const crowd = fc
    .tuple(many, fc.constantFrom(17, 65, 101, 1000))
    .map(([item, count]) => Array(Math.min(count, Math.ceil(MAX_CROWD_BYTES / (item.length + 1)))).fill(item));
  return fc
    .oneof({ arbitrary: some, weight: 12 }, { arbitrary: crowd, weight: 1 })
    .map((items) => Buffer.concat(items));
}

type Write = (fieldNumber: number) => Uint8Array;

function singleValue(field: DescField, style: Style, depth: number): fc.Arbitrary<Write> {
  if (field.message) return wireMessage(field.message, style, depth + 1).map(delimited);
  if (field.enum) return enumValue(field.enum, style);
  return scalarValue(field.scalar ?? ScalarType.STRING, field, style);
}

function mapEntry(field: DescField & { fieldKind: 'map' }, style: Style, depth: number): Wire {
  const key = scalarValue(field.mapKey, field, style);
  return fc
    .tuple(key, singleValue(field, style, depth))
    .map(([writeKey, writeValue]) => delimited(Buffer.concat([writeKey(1), writeValue(2)]))(field.number));
}

function scalarValue(type: ScalarType, field: DescField, { wild, vocabulary }: Style): fc.Arbitrary<Write> {
  switch (type) {
    case ScalarType.STRING:
      return (wild ? fc.oneof(wildText(vocabulary), tameText(field, vocabulary)) : tameText(field, vocabulary)).map(
        delimited,
      );
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 200, size: 'max' }).map(delimited);
    case ScalarType.DOUBLE:
      return fc
        .oneof(fc.double(), fc.constantFrom(Number.NaN, 0, -0, 1, 1 / 255))
        .map((value) => (number) => new BinaryWriter().tag(number, WireType.Bit64).double(value).finish());
    case ScalarType.FLOAT:
      return fc
        .oneof(fc.float(), fc.constantFrom(Number.NaN, 0, 1))
        .map((value) => (number) => new BinaryWriter().tag(number, WireType.Bit32).float(value).finish());
    default:
      return (wild ? wholeNumber() : fc.bigInt({ min: 0n, max: 8n })).map(varint);
  }
}

function enumValue({ values }: DescEnum, { wild }: Style): fc.Arbitrary<Write> {
  const known = values.map(({ number }) => BigInt(number));
  return (wild ? fc.oneof(fc.constantFrom(...known), wholeNumber()) : fc.constantFrom(...known)).map(varint);
}

function wholeNumber(): fc.Arbitrary<bigint> {
  const edges = [0n, 1n, 2n, 3n, 8n, 50n, 200n, -1n, -2n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 53n, 2n ** 63n - 1n];
  return fc.oneof(fc.constantFrom(...edges, -(2n ** 63n)), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
}

function varint(value: bigint): Write {
  return (number) => new BinaryWriter().tag(number, WireType.Varint).int64(value).finish();
}

function delimited(bytes: Uint8Array): Write {
  return (number) => new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
}
