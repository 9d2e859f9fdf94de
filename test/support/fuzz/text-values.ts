import type { DescField } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { resourceOf } from './resource-of.js';

/** What a service knows. */
export interface Vocabulary {
  /** Resource names by type. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  /** Other words by the name of the field they are for. */
  readonly words: Readonly<Record<string, readonly string[]>>;
  /** Words that look right and are not. */
  readonly traps: readonly string[];
}

const AWKWARD = [
  '',
  ' ',
  '/',
  '..',
  '-1',
  '0',
  'NaN',
  'null',
  '__proto__',
  'constructor',
  'latest',
  '\u0000',
  'a\u0000b',
  '\ufeff',
  '\u202e',
  "'; DROP TABLE model; --",
  '%00%s%n',
  'namespaces/default/models/%2e%2e',
  'namespaces//models/',
  'namespaces/default/models/m/versions/99999999999999999999',
  '00000000-0000-0000-0000-00000000000g',
];

/** What a string field is sent as: what the service knows, with an odd one out at times. */
export function tameText(field: DescField, vocabulary: Vocabulary): fc.Arbitrary<Uint8Array> {
  const known = fc.constantFrom(...knownTexts(field, vocabulary)).map((text) => Buffer.from(text));
  return fc.oneof({ arbitrary: known, weight: 30 }, { arbitrary: wildText(vocabulary), weight: 1 });
}

function knownTexts(field: DescField, { resources, words }: Vocabulary): readonly string[] {
  const named = resourceOf(field);
  const names = named && resources[named.type];
  if (names) return named.parent ? names.map(parentOf) : names;
  return words[field.name] ?? ['', field.name];
}

function parentOf(name: string): string {
  return name.split('/').slice(0, -2).join('/');
}

/** What no service wants, in UTF-8 or not. */
export function wildText({ resources, traps }: Vocabulary): fc.Arbitrary<Uint8Array> {
  const names = Object.values(resources).flat();
  const text = fc.oneof(
    { arbitrary: fc.constantFrom(...AWKWARD, ...traps, ...names), weight: 5 },
    { arbitrary: fc.string({ unit: 'binary', maxLength: 80 }), weight: 2 },
    { arbitrary: hugeText(), weight: 1 },
  );
  return fc.oneof(
    { arbitrary: text.map((value) => Buffer.from(value)), weight: 20 },
    // Whatever bytes there are: mostly no UTF-8.
    { arbitrary: fc.uint8Array({ maxLength: 40 }), weight: 1 },
  );
}

/** Of one, two and four bytes a character, so that every limit is crossed somewhere inside a character. */
function hugeText(): fc.Arbitrary<string> {
  const lengths = fc.constantFrom(64, 256, 1024, 1999, 2001, 4096, 4097, 65_537, 500_000);
  return fc
    .tuple(fc.constantFrom('a', 'é', '😀', '\u0000', '/'), lengths, fc.constantFrom('', 'x'))
    .map(([unit, length, start]) => start + unit.repeat(length));
}
