import type { OpcodeTable } from './opcode.js';
import { damaged } from './refusals.js';

/** Longer numbers are no part of a checkpoint, and parsing them would take quadratic time. */
const MAX_LONG_BYTES = 256;

/** None, booleans and numbers. */
export const NUMBER_OPCODES: OpcodeTable = {
  N: (machine) => machine.push(null),
  '\x88': (machine) => machine.push(true),
  '\x89': (machine) => machine.push(false),
  I: (machine, input) => machine.push(intOfLine(input.line())),
  J: (machine, input) => machine.push(input.int32()),
  K: (machine, input) => machine.push(input.uint8()),
  M: (machine, input) => machine.push(input.uint16()),
  L: (machine, input) => machine.push(longOfLine(input.line())),
  '\x8a': (machine, input) => machine.push(longOfBytes(input.take(input.uint8()))),
  '\x8b': (machine, input) => machine.push(longOfBytes(input.take(input.uint32()))),
  F: (machine, input) => machine.push(floatOfLine(input.line())),
  G: (machine, input) => machine.push(input.float64()),
};

function intOfLine(line: Uint8Array): number | bigint | boolean {
  const text = numberText(line);
  // Protocol 1 and older have no instruction for booleans.
  if (text === '00' || text === '01') return text === '01';
  return integer(text);
}

function longOfLine(line: Uint8Array): number | bigint {
  return integer(numberText(line).replace(/L$/, ''));
}

function floatOfLine(line: Uint8Array): number {
  const text = numberText(line);
  if (/^[-+]?(inf|nan)$/.test(text))
    return { i: Number.POSITIVE_INFINITY, n: Number.NaN, '-': Number.NEGATIVE_INFINITY }[text[0]] ?? Number.NaN;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw damaged(`"${text}" is no number`);
  return value;
}

function integer(text: string): number | bigint {
  if (!/^[-+]?\d+$/.test(text)) throw damaged(`"${text}" is no whole number`);
  return narrowed(BigInt(text.replace(/^\+/, '')));
}

function numberText(line: Uint8Array): string {
  if (line.length > MAX_LONG_BYTES) throw damaged(`a number has ${line.length} digits, allowed are ${MAX_LONG_BYTES}`);
  return String.fromCharCode(...line);
}

/** Two's complement, little-endian; no bytes are zero. */
function longOfBytes(bytes: Uint8Array): number | bigint {
  if (bytes.length > MAX_LONG_BYTES) throw damaged(`a number has ${bytes.length} bytes, allowed are ${MAX_LONG_BYTES}`);
  if (bytes.length === 0) return 0;
  const hex = Array.from(bytes.toReversed(), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return narrowed(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
