import { type Allowance, PickleDict, PickleList, PickleTuple, type PickleValue } from '@resmask/pickle';
import { keyText } from './plain-value.js';
import { invalid, tooLarge } from './refusals.js';
import { TorchTensor } from './torch-tensor.js';

/** Deeper parts are not looked into; containers that hold themselves end here. */
const MAX_DEPTH = 32;
const MAX_NAME = 1024;

/** How many values are looked at, however often they are shared; searches of the same checkpoint have one budget. */
export class SearchBudget {
  #left: number;

  constructor(readonly limit = 2_000_000) {
    this.#left = limit;
  }

  /** @throws DomainError CHECKPOINT_TOO_LARGE when it is used up. */
  spend(): void {
    this.#left -= 1;
    if (this.#left < 0) throw tooLarge(`finding the checkpoint's tensors needs more than ${this.limit} steps`);
  }
}

/** Collects the tensors of pickled data by dotted names, in their order: `{'a': {'b': tensor}}` has `a.b`. */
export class TensorSearch {
  readonly #tensors = new Map<string, TorchTensor>();

  constructor(
    private readonly memory: Allowance,
    private readonly budget: SearchBudget,
  ) {}

  get tensors(): ReadonlyMap<string, TorchTensor> {
    return this.#tensors;
  }

  /**
   * @returns true if there is a tensor in `value`
   * @throws DomainError WEIGHTS_INVALID if two tensors have the same name, CHECKPOINT_TOO_LARGE if there is too much to look at.
   */
  visit(value: PickleValue, name: string, depth = 0): boolean {
    this.budget.spend();
    if (value instanceof TorchTensor) return this.#add(name, value);
    if (depth >= MAX_DEPTH) return false;
    let found = false;
    for (const [key, item] of itemsOf(value)) {
      if (this.visit(item, name === '' ? key : `${name}.${key}`, depth + 1)) found = true;
    }
    return found;
  }

  #add(name: string, tensor: TorchTensor): boolean {
    const key = name === '' ? 'tensor' : name;
    if (key.length > MAX_NAME) throw invalid(`a tensor's name has ${key.length} characters, allowed are ${MAX_NAME}`);
    if (this.#tensors.has(key)) throw invalid(`the checkpoint holds two tensors "${key}"`);
    this.memory.take(256 + 2 * key.length, 'the list of tensors');
    this.#tensors.set(key, tensor);
    return true;
  }
}

function* itemsOf(value: PickleValue): Generator<[string, PickleValue]> {
  if (value instanceof PickleDict) for (const [key, item] of value.entries) yield [keyText(key), item];
  if (value instanceof PickleList || value instanceof PickleTuple) {
    for (const [index, item] of value.items.entries()) yield [String(index), item];
  }
}
