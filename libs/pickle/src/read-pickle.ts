import { ByteReader } from './byte-reader.js';
import { CONTAINER_OPCODES } from './container-opcodes.js';
import { MEMO_OPCODES } from './memo-opcodes.js';
import { NUMBER_OPCODES } from './number-opcodes.js';
import { OBJECT_OPCODES } from './object-opcodes.js';
import type { Opcode } from './opcode.js';
import { defaultPickleLimits, type PickleLimits } from './pickle-limits.js';
import { PickleMachine, type PickleOptions } from './pickle-machine.js';
import type { PickleValue } from './pickle-value.js';
import { damaged, tooLarge } from './refusals.js';
import { TEXT_OPCODES } from './text-opcodes.js';

export interface PickleRead {
  readonly value: PickleValue;
  /** Bytes the pickle takes; another may follow. */
  readonly length: number;
}

const STOP = '.'.charCodeAt(0);

const OPCODES: readonly (Opcode | undefined)[] = (() => {
  const table = { ...NUMBER_OPCODES, ...TEXT_OPCODES, ...CONTAINER_OPCODES, ...MEMO_OPCODES, ...OBJECT_OPCODES };
  return Array.from({ length: 256 }, (_, byte) => table[String.fromCharCode(byte)]);
})();

/**
 * Reads the pickle at the beginning of `bytes` (protocols 0 to 5) as data. Globals come from the allow-list alone, nothing is
 * imported, called or opened, and time is linear in the bytes. The format: Python's Lib/pickletools.py.
 * @throws DomainError CHECKPOINT_UNSAFE naming a global that is not allowed, WEIGHTS_INVALID if the bytes are no pickle,
 * CHECKPOINT_TOO_LARGE naming the limit.
 */
export function readPickle(
  bytes: Uint8Array,
  options: PickleOptions,
  limits: PickleLimits = defaultPickleLimits(),
): PickleRead {
  const input = new ByteReader(bytes);
  const machine = new PickleMachine(options, limits);
  for (let count = 0; count < limits.maxOpcodes; count += 1) {
    const byte = input.uint8();
    if (byte === STOP) return { value: machine.pop(), length: input.position };
    const opcode = OPCODES[byte];
    if (!opcode) {
      throw damaged(`byte ${input.position - 1} is 0x${byte.toString(16).padStart(2, '0')}, which is no instruction`);
    }
    opcode(machine, input);
  }
  throw tooLarge(`the pickle has more than ${limits.maxOpcodes} instructions`);
}
