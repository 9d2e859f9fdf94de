import type { Opcode, OpcodeTable } from './opcode.js';
import type { PickleMachine } from './pickle-machine.js';
import { damaged } from './refusals.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strings and bytes. Bytes stay views into the file. */
export const TEXT_OPCODES: OpcodeTable = {
  S: (machine, input) => pushText(machine, input.line(), unquoted),
  T: (machine, input) => pushText(machine, input.take(input.uint32()), latin1),
  U: (machine, input) => pushText(machine, input.take(input.uint8()), latin1),
  V: (machine, input) => pushText(machine, input.line(), unescapedUnicode),
  X: (machine, input) => pushText(machine, input.take(input.uint32()), decoded),
  '\x8c': (machine, input) => pushText(machine, input.take(input.uint8()), decoded),
  '\x8d': (machine, input) => pushText(machine, input.take(input.uint64()), decoded),
  B: bytes((input) => input.uint32()),
  C: bytes((input) => input.uint8()),
  '\x8e': bytes((input) => input.uint64()),
  '\x96': bytes((input) => input.uint64()),
};

/** Memory that a view takes beside the file. */
const VIEW_BYTES = 128;

function bytes(length: (input: Parameters<Opcode>[1]) => number): Opcode {
  return (machine, input) => {
    machine.allowance.take(VIEW_BYTES, 'a value of bytes');
    machine.push(input.take(length(input)));
  };
}

function pushText(machine: PickleMachine, text: Uint8Array, decode: (text: Uint8Array) => string): void {
  machine.allowance.take(32 + 2 * text.length, 'a string');
  machine.push(decode(text));
}

function decoded(text: Uint8Array): string {
  try {
    return utf8.decode(text);
  } catch {
    throw damaged('a string is not UTF-8');
  }
}

/** Strings of Python 2 have no encoding; read so, none of their bytes is lost. */
function latin1(text: Uint8Array): string {
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');
}

/** Protocol 0: what Python's repr() writes. */
function unquoted(line: Uint8Array): string {
  const [, quote, text] = /^(['"])(.*)\1$/s.exec(latin1(line).trimEnd()) ?? [];
  if (!quote) throw damaged('a string has no quotes');
  return text.replace(/\\(?:x([0-9a-f]{2})|(.))/gs, (_, hex?: string, escaped?: string) =>
    hex === undefined ? (ESCAPES.get(escaped ?? '') ?? escaped ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** Protocol 0: Python's raw-unicode-escape. */
function unescapedUnicode(line: Uint8Array): string {
  return latin1(line).replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short?: string, long?: string) => {
    const point = Number.parseInt(short ?? long ?? '', 16);
    if (point > 0x10ffff) throw damaged('a string has a character beyond Unicode');
    return String.fromCodePoint(point);
  });
}
