import { type Allowance, PickleDict, type PickleValue } from '@resmask/pickle';
import { keyText, type PlainValue, PlainValues } from './plain-value.js';
import { invalid } from './refusals.js';
import { SearchBudget, TensorSearch } from './tensor-search.js';
import type { TorchTensor } from './torch-tensor.js';

/** Keys under which trainers keep the state dict beside other things; the first that holds tensors counts. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'net', 'model'];
/** Wrappers within wrappers, such as `model.state_dict`. */
const MAX_WRAPPERS = 4;

/** What a checkpoint's root object holds. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Everything else, as JSON can say it. */
  readonly extra: Readonly<Record<string, PlainValue>>;
  /** The keys that led to the tensors, such as `net`. */
  readonly wrapper?: string;
}

/**
 * Finds the tensors of a checkpoint: those under `net`, `state_dict`, `model_state_dict` or `model` if one of these holds any, else
 * all there are, nested ones by dotted names.
 * @throws DomainError WEIGHTS_INVALID if there is none, or two have the same name.
 */
export function findStateDict(root: PickleValue, memory: Allowance): StateDict {
  const plain = new PlainValues();
  const budget = new SearchBudget();
  const extra: [string, PlainValue][] = [];
  const addExtra = (key: PickleValue, value: PickleValue): number => extra.push([keyText(key), plain.of(value)]);
  const wrappers: string[] = [];
  let holder = root;
  while (wrappers.length < MAX_WRAPPERS) {
    const inner = unwrap(holder, (value) => new TensorSearch(memory, budget).visit(value, ''));
    if (!inner) break;
    wrappers.push(inner.wrapper);
    for (const [key, value] of inner.others) addExtra(key, value);
    holder = inner.held;
  }
  const search = new TensorSearch(memory, budget);
  if (!(holder instanceof PickleDict)) search.visit(holder, '');
  else for (const [key, value] of holder.entries) if (!search.visit(value, keyText(key), 1)) addExtra(key, value);
  if (search.tensors.size === 0) throw invalid('the checkpoint holds no tensors');
  const found = { tensors: search.tensors, extra: Object.fromEntries(extra) };
  return wrappers.length === 0 ? found : { ...found, wrapper: wrappers.join('.') };
}

interface Unwrapped {
  readonly wrapper: string;
  readonly held: PickleValue;
  readonly others: readonly (readonly [PickleValue, PickleValue])[];
}

function unwrap(holder: PickleValue, holdsTensors: (value: PickleValue) => boolean): Unwrapped | undefined {
  if (!(holder instanceof PickleDict)) return undefined;
  for (const wrapper of WRAPPERS) {
    const held = holder.entries.get(wrapper);
    if (!(held instanceof PickleDict && holdsTensors(held))) continue;
    return { wrapper, held, others: [...holder.entries].filter(([key]) => key !== wrapper) };
  }
  return undefined;
}
