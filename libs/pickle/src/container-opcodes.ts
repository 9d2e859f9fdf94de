import type { OpcodeTable } from './opcode.js';
import type { PickleMachine } from './pickle-machine.js';
import { PickleDict, PickleList, PickleSet, PickleTuple, type PickleValue } from './pickle-value.js';
import { damaged } from './refusals.js';

/** Estimates of what a container, and each of its items, takes. */
const CONTAINER_BYTES = 64;
const HASHED_CONTAINER_BYTES = 256;
const ITEM_BYTES = 16;
const HASHED_ITEM_BYTES = 64;

/** The stack, and tuples, lists, dicts and sets. */
export const CONTAINER_OPCODES: OpcodeTable = {
  '(': (machine) => machine.mark(),
  '0': (machine) => (machine.isAtMark() ? machine.popToMark() : machine.pop()),
  '1': (machine) => machine.popToMark(),
  '2': (machine) => machine.push(machine.top()),
  ')': (machine) => pushTuple(machine, []),
  '\x85': (machine) => pushTuple(machine, [machine.pop()]),
  '\x86': (machine) => pushTuple(machine, [machine.pop(), machine.pop()].reverse()),
  '\x87': (machine) => pushTuple(machine, [machine.pop(), machine.pop(), machine.pop()].reverse()),
  t: (machine) => pushTuple(machine, machine.popToMark()),
  ']': (machine) => pushList(machine, []),
  l: (machine) => pushList(machine, machine.popToMark()),
  a: (machine) => append(machine, [machine.pop()]),
  e: (machine) => append(machine, machine.popToMark()),
  '}': (machine) => pushDict(machine, []),
  d: (machine) => pushDict(machine, machine.popToMark()),
  s: (machine) => setItems(machine, [machine.pop(), machine.pop()].reverse()),
  u: (machine) => setItems(machine, machine.popToMark()),
  '\x8f': (machine) => pushSet(machine, []),
  '\x90': (machine) => addItems(machine, machine.popToMark()),
  '\x91': (machine) => pushSet(machine, machine.popToMark()),
};

function pushTuple(machine: PickleMachine, items: readonly PickleValue[]): void {
  machine.allowance.take(CONTAINER_BYTES + ITEM_BYTES * items.length, 'a tuple');
  machine.push(new PickleTuple(items));
}

function pushList(machine: PickleMachine, items: readonly PickleValue[]): void {
  machine.allowance.take(CONTAINER_BYTES, 'a list');
  machine.push(new PickleList());
  append(machine, items);
}

function append(machine: PickleMachine, items: readonly PickleValue[]): void {
  const list = machine.top();
  if (!(list instanceof PickleList)) throw damaged('it appends to something that is no list');
  machine.allowance.take(ITEM_BYTES * items.length, 'a list');
  for (const item of items) list.append(item);
}

function pushDict(machine: PickleMachine, items: readonly PickleValue[]): void {
  machine.allowance.take(HASHED_CONTAINER_BYTES, 'a dict');
  machine.push(new PickleDict());
  setItems(machine, items);
}

function setItems(machine: PickleMachine, items: readonly PickleValue[]): void {
  const dict = machine.top();
  if (!(dict instanceof PickleDict)) throw damaged('it sets items of something that is no dict');
  if (items.length % 2 !== 0) throw damaged('a dict has a key without a value');
  machine.allowance.take(HASHED_ITEM_BYTES * items.length, 'a dict');
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

function pushSet(machine: PickleMachine, items: readonly PickleValue[]): void {
  machine.allowance.take(HASHED_CONTAINER_BYTES, 'a set');
  machine.push(new PickleSet());
  addItems(machine, items);
}

function addItems(machine: PickleMachine, items: readonly PickleValue[]): void {
  const set = machine.top();
  if (!(set instanceof PickleSet)) throw damaged('it adds items to something that is no set');
  machine.allowance.take(HASHED_ITEM_BYTES * items.length, 'a set');
  for (const item of items) set.add(item);
}
