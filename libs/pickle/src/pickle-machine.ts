import type { Allowance } from './allowance.js';
import type { PickleLimits } from './pickle-limits.js';
import { type PickleFunction, PickleGlobal, PickleObject, type PickleValue } from './pickle-value.js';
import { damaged, tooLarge, unsafe } from './refusals.js';

/** Globals a pickle may name, by `module.name`: a function that describes its arguments, or a description itself. */
export type AllowedGlobals = ReadonlyMap<string, PickleFunction | PickleObject>;

export interface PickleOptions {
  readonly globals: AllowedGlobals;
  /** What a persistent id stands for; without it a pickle must have none. */
  readonly persistent?: (id: PickleValue) => PickleObject;
}

/** Memory that a value kept in the memo takes. */
const MEMO_BYTES = 48;

/** The state of a pickle's reading: a stack with marks, and a memo. Nothing here recurses, and nothing calls what it reads. */
export class PickleMachine {
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(
    readonly options: PickleOptions,
    readonly limits: PickleLimits,
  ) {}

  get allowance(): Allowance {
    return this.limits.allowance;
  }

  get memoSize(): number {
    return this.#memo.size;
  }

  push(value: PickleValue): void {
    this.#checkDepth();
    this.#stack.push(value);
  }

  pop(): PickleValue {
    this.#checkValueAboveMark();
    return this.#stack.pop() as PickleValue;
  }

  top(): PickleValue {
    this.#checkValueAboveMark();
    return this.#stack[this.#stack.length - 1];
  }

  mark(): void {
    this.#checkDepth();
    this.#marks.push(this.#stack.length);
  }

  /** The values above the last mark, which is removed with them. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw damaged('a mark is missing');
    return this.#stack.splice(mark);
  }

  /** True if nothing lies above the last mark. */
  isAtMark(): boolean {
    return this.#marks.at(-1) === this.#stack.length;
  }

  remember(index: number, value: PickleValue): void {
    if (!this.#memo.has(index)) {
      if (this.#memo.size >= this.limits.maxMemo) {
        throw tooLarge(`the pickle keeps more than ${this.limits.maxMemo} values to refer to again`);
      }
      this.allowance.take(MEMO_BYTES, 'the memo');
    }
    this.#memo.set(index, value);
  }

  recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw damaged(`it refers to value ${index}, which it never kept`);
    return value;
  }

  /** @throws DomainError CHECKPOINT_UNSAFE that names the global if it is not allowed. */
  global(module: string, name: string): PickleGlobal | PickleObject {
    const path = `${PYTHON_3_MODULES[module] ?? module}.${name}`;
    const allowed = this.options.globals.get(path);
    if (allowed === undefined) throw unsafe(`the pickle names ${path.slice(0, 200)}`);
    return allowed instanceof PickleObject ? allowed : new PickleGlobal(path, allowed);
  }

  #checkDepth(): void {
    if (this.#stack.length + this.#marks.length >= this.limits.maxStack) {
      throw tooLarge(`the pickle has more than ${this.limits.maxStack} values on its stack`);
    }
  }

  #checkValueAboveMark(): void {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw damaged('a value is missing on its stack');
  }
}

/** Protocols up to 2 write Python 2's names, whatever Python wrote them. */
const PYTHON_3_MODULES: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  __builtin__: 'builtins',
  copy_reg: 'copyreg',
});
