import type { ByteReader } from './byte-reader.js';
import type { PickleMachine } from './pickle-machine.js';

/** What one instruction does. */
export type Opcode = (machine: PickleMachine, input: ByteReader) => void;

/** Instructions by the character of their byte, as Python's pickletools writes them. */
export type OpcodeTable = Readonly<Record<string, Opcode>>;
