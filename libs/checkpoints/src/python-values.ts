import {
  PickleDict,
  type PickleFunction,
  PickleList,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from '@resmask/pickle';
import { invalid } from './refusals.js';

/** Memory that an entry of a dict or set takes. */
const ENTRY_BYTES = 128;

/** `argparse.Namespace`: the options a trainer was started with. */
export class Namespace extends PickleObject {
  readonly kind = 'options';
  entries: ReadonlyMap<PickleValue, PickleValue> = new Map();

  override setState(state: PickleValue): boolean {
    if (!(state instanceof PickleDict)) return false;
    this.entries = state.entries;
    return true;
  }
}

/** `collections.OrderedDict`, empty or of a list of pairs; `collections.Counter` of a dict. */
export const dict: PickleFunction = ([source], allowance) => {
  const made = new PickleDict();
  const pairs = source instanceof PickleDict ? [...source.entries] : itemsOf(source).map(pairOf);
  allowance.take(ENTRY_BYTES * pairs.length, 'a dict');
  for (const [key, value] of pairs) made.set(key, value);
  return made;
};

/** `set` and `frozenset`, empty or of a list. */
export const set: PickleFunction = ([source], allowance) => {
  const made = new PickleSet();
  const items = itemsOf(source);
  allowance.take(ENTRY_BYTES * items.length, 'a set');
  for (const item of items) made.add(item);
  return made;
};

/** `_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes. */
export const encode: PickleFunction = ([text, encoding], allowance) => {
  if (typeof text !== 'string' || (encoding !== 'latin1' && encoding !== 'latin-1')) {
    throw invalid('bytes are written in an encoding that is not latin1');
  }
  allowance.take(128 + text.length, 'a value of bytes');
  return new Uint8Array(Buffer.from(text, 'latin1'));
};

function itemsOf(source: PickleValue | undefined): readonly PickleValue[] {
  if (source === undefined) return [];
  if (source instanceof PickleList || source instanceof PickleTuple) return source.items;
  throw invalid('a container is made of something that is no list');
}

function pairOf(pair: PickleValue): readonly [PickleValue, PickleValue] {
  const [key, value] = itemsOf(pair);
  if (key === undefined || value === undefined) throw invalid('an entry of a dict is no pair');
  return [key, value];
}
