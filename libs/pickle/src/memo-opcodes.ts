import type { OpcodeTable } from './opcode.js';
import { damaged } from './refusals.js';

/** Values that are kept, and referred to again. */
export const MEMO_OPCODES: OpcodeTable = {
  p: (machine, input) => machine.remember(index(input.line()), machine.top()),
  q: (machine, input) => machine.remember(input.uint8(), machine.top()),
  r: (machine, input) => machine.remember(input.uint32(), machine.top()),
  '\x94': (machine) => machine.remember(machine.memoSize, machine.top()),
  g: (machine, input) => machine.push(machine.recall(index(input.line()))),
  h: (machine, input) => machine.push(machine.recall(input.uint8())),
  j: (machine, input) => machine.push(machine.recall(input.uint32())),
};

function index(line: Uint8Array): number {
  const text = String.fromCharCode(...line.subarray(0, 16));
  if (!/^\d{1,15}$/.test(text)) throw damaged(`"${text}" is no place to keep a value`);
  return Number(text);
}
