import { PickleObject, PickleTuple, type PickleValue } from '@resmask/pickle';
import { formatShape } from '@resmask/tensor';
import type { Dtype } from './dtypes.js';
import { invalid } from './refusals.js';
import type { TorchStorage } from './torch-storage.js';

/** A tensor as a pickle describes it, in elements of its dtype; not yet compared with what its storage holds. */
export class TorchTensor extends PickleObject {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }

  get kind(): string {
    return `tensor ${this.dtype} ${formatShape(this.shape)}`;
  }

  /** Attributes that somebody set on a tensor are no part of its elements. */
  override setState(): boolean {
    return true;
  }
}

/** More axes than PyTorch allows. */
const MAX_AXES = 64;

/** Numbers of a shape or of strides; whether they make sense is checked when the tensor has a name to be refused by. */
export function dimensions(value: PickleValue): readonly number[] {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_AXES) {
    throw invalid(`a tensor's shape or strides are no tuple of up to ${MAX_AXES} numbers`);
  }
  return value.items.map(number);
}

export function number(value: PickleValue): number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw invalid("a tensor's offset or size is no number");
  return Number(value);
}
