import type { Opcode, OpcodeTable } from './opcode.js';
import type { PickleMachine } from './pickle-machine.js';
import { PickleDict, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from './pickle-value.js';
import { damaged, unsafe } from './refusals.js';

const MAX_PROTOCOL = 5;
/** Memory that a global or what it makes takes, beside what its function counts. */
const OBJECT_BYTES = 256;

/** Globals, what they make, persistent ids, and the frame around all of it. */
export const OBJECT_OPCODES: OpcodeTable = {
  '\x80': (_machine, input) => checkProtocol(input.uint8()),
  // Frames only say how much to read ahead; the bytes are all here.
  '\x95': (_machine, input) => void input.uint64(),
  c: (machine, input) => pushGlobal(machine, ascii(input.line()), ascii(input.line())),
  '\x93': (machine) => {
    const [name, module] = [machine.pop(), machine.pop()];
    if (typeof module !== 'string' || typeof name !== 'string') throw damaged('a global has no name');
    pushGlobal(machine, module, name);
  },
  R: (machine) => call(machine, argumentsOf(machine.pop()), machine.pop()),
  '\x81': (machine) => call(machine, argumentsOf(machine.pop()), machine.pop()),
  '\x92': (machine) => {
    const keywords = machine.pop();
    if (!(keywords instanceof PickleDict) || keywords.entries.size > 0) throw unsafe('the pickle calls by keyword');
    call(machine, argumentsOf(machine.pop()), machine.pop());
  },
  i: (machine, input) => {
    const global = machine.global(ascii(input.line()), ascii(input.line()));
    call(machine, machine.popToMark(), global);
  },
  o: (machine) => {
    const [global, ...args] = machine.popToMark();
    if (global === undefined) throw damaged('an object has no class');
    call(machine, args, global);
  },
  b: build,
  P: (machine, input) => pushPersistent(machine, ascii(input.line())),
  Q: (machine) => pushPersistent(machine, machine.pop()),
  '\x82': refuse('uses the extension registry'),
  '\x83': refuse('uses the extension registry'),
  '\x84': refuse('uses the extension registry'),
  '\x97': refuse('uses buffers outside of it'),
  '\x98': refuse('uses buffers outside of it'),
};

function checkProtocol(protocol: number): void {
  if (protocol > MAX_PROTOCOL) throw damaged(`its protocol is ${protocol}, known are 0 to ${MAX_PROTOCOL}`);
}

function pushGlobal(machine: PickleMachine, module: string, name: string): void {
  machine.allowance.take(OBJECT_BYTES, 'a global');
  machine.push(machine.global(module, name));
}

function call(machine: PickleMachine, args: readonly PickleValue[], global: PickleValue): void {
  if (!(global instanceof PickleGlobal)) throw unsafe(`the pickle calls ${describe(global)}`);
  machine.allowance.take(OBJECT_BYTES, global.name);
  machine.push(global.call(args, machine.allowance));
}

function argumentsOf(value: PickleValue): readonly PickleValue[] {
  if (!(value instanceof PickleTuple)) throw damaged('the arguments of a call are no tuple');
  return value.items;
}

function build(machine: PickleMachine): void {
  const state = machine.pop();
  const target = machine.top();
  // Attributes of an ordered dict, such as the versions PyTorch keeps of its modules, say nothing about tensors.
  if (target instanceof PickleDict) return;
  if (!(target instanceof PickleObject && target.setState(state))) {
    throw unsafe(`the pickle sets the state of ${describe(target)}`);
  }
}

function pushPersistent(machine: PickleMachine, id: PickleValue): void {
  const { persistent } = machine.options;
  if (!persistent) throw damaged('it refers to something outside of it');
  machine.allowance.take(OBJECT_BYTES, 'a persistent id');
  machine.push(persistent(id));
}

function refuse(what: string): Opcode {
  return () => {
    throw unsafe(`the pickle ${what}`);
  };
}

function describe(value: PickleValue): string {
  if (value instanceof PickleObject) return value.kind;
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof Object) return `a ${value.constructor.name.replace('Pickle', '').toLowerCase()}`;
  return value === null ? 'None' : `a ${typeof value}`;
}

function ascii(line: Uint8Array): string {
  const text = Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, 1024)).toString('latin1');
  if (line.length > 1024) throw damaged(`a name has ${line.length} characters, it begins with "${text.slice(0, 40)}"`);
  return text;
}
