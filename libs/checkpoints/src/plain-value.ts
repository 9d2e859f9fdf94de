import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from '@resmask/pickle';
import { Namespace } from './python-values.js';

/** What JSON can say. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

const MAX_DEPTH = 16;
const MAX_VALUES = 10_000;
const MAX_TEXT = 1_000_000;
const CUT = '…';

/**
 * Pickled data as JSON can say it: numbers it cannot say become text, tensors what they are, such as `<tensor F32 7×512>`. Parts
 * that are shared or endless are cut by depth and count (`…`), so that a small pickle cannot become a large document.
 */
export class PlainValues {
  #left = MAX_VALUES;
  #textLeft = MAX_TEXT;

  of(value: PickleValue, depth = 0): PlainValue {
    this.#left -= 1;
    if (this.#left < 0 || depth > MAX_DEPTH) return CUT;
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'string') return this.#text(value);
    if (value === null || typeof value === 'boolean') return value;
    return this.#ofObject(value, depth);
  }

  #ofObject(value: Exclude<PickleValue, null | boolean | number | bigint | string>, depth: number): PlainValue {
    if (value instanceof Uint8Array) return `<${value.length} bytes>`;
    if (value instanceof PickleDict || value instanceof Namespace) return this.#record(value.entries, depth);
    if (value instanceof PickleObject) return `<${value.kind}>`;
    if (value instanceof PickleGlobal) return `<${value.name}>`;
    return this.#list(value, depth);
  }

  #text(text: string): string {
    const whole = text.length <= this.#textLeft;
    const kept = whole ? text : text.slice(0, this.#textLeft) + CUT;
    this.#textLeft = Math.max(0, this.#textLeft - text.length);
    return kept;
  }

  #list({ items }: PickleList | PickleTuple | PickleSet, depth: number): PlainValue {
    const list: PlainValue[] = [];
    for (const item of items) {
      list.push(this.of(item, depth + 1));
      if (this.#left < 0) break;
    }
    return list;
  }

  #record(entries: ReadonlyMap<PickleValue, PickleValue>, depth: number): PlainValue {
    const pairs: [string, PlainValue][] = [];
    for (const [key, value] of entries) {
      pairs.push([this.#text(keyText(key)), this.of(value, depth + 1)]);
      if (this.#left < 0) break;
    }
    return Object.fromEntries(pairs);
  }
}

/** A dict's key as text; keys of other kinds than text and numbers are no part of a checkpoint that anybody reads. */
export function keyText(key: PickleValue): string {
  if (typeof key === 'string') return key;
  return typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean' ? String(key) : '<key>';
}
