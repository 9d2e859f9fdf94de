import type { Allowance } from './allowance.js';

/**
 * Everything a pickle can hold, as plain data. Containers may hold themselves and may share parts, as in Python: whoever walks
 * them bounds the walk.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleSet
  | PickleGlobal
  | PickleObject;

/** What an allowed global does when it is called: makes a description of its arguments. Pure; counts the bytes it takes. */
export type PickleFunction = (args: readonly PickleValue[], allowance: Allowance) => PickleValue;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickleList {
  readonly #items: PickleValue[] = [];

  get items(): readonly PickleValue[] {
    return this.#items;
  }

  append(value: PickleValue): void {
    this.#items.push(value);
  }
}

/** A dict, or an ordered one: entries in the order they were set. Keys that are containers are told apart by identity. */
export class PickleDict {
  readonly #entries = new Map<PickleValue, PickleValue>();

  get entries(): ReadonlyMap<PickleValue, PickleValue> {
    return this.#entries;
  }

  set(key: PickleValue, value: PickleValue): void {
    this.#entries.set(key, value);
  }
}

export class PickleSet {
  readonly #items = new Set<PickleValue>();

  get items(): ReadonlySet<PickleValue> {
    return this.#items;
  }

  add(value: PickleValue): void {
    this.#items.add(value);
  }
}

/** An allowed global that can be called, by its name `module.name`. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call: PickleFunction,
  ) {}
}

/** A description made by an allowed global: a subclass holds data and does nothing. */
export abstract class PickleObject {
  /** What it is, for messages. */
  abstract readonly kind: string;

  /** Takes the state that follows some objects. @returns false if this description has none */
  setState(_state: PickleValue): boolean {
    return false;
  }
}
