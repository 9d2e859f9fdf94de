import { elementCount, formatShape } from '@resmask/tensor';
import { DTYPES, type Dtype } from './dtypes.js';

/**
 * A tensor as its file holds it. Nothing is read until `bytes()` is called: a network's weights are taken one tensor at a time,
 * and need no second copy in memory.
 */
export class StoredTensor {
  readonly #read: () => Uint8Array;

  /**
   * @param identity the same for tensors that are the same elements of the same storage: aliases, such as a module that is
   * registered under two names
   */
  constructor(
    readonly dtype: Dtype,
    readonly shape: readonly number[],
    readonly identity: string,
    read: () => Uint8Array,
  ) {
    this.#read = read;
  }

  get elementCount(): number {
    return elementCount(this.shape);
  }

  get sizeBytes(): number {
    return this.elementCount * DTYPES[this.dtype].bytes;
  }

  /** The elements, contiguous, row-major, little-endian. A view into the file where it holds them so; a copy elsewhere. */
  bytes(): Uint8Array {
    return this.#read();
  }

  /** Such as `F32 64×3×7×7`. */
  toString(): string {
    return `${this.dtype} ${formatShape(this.shape)}`;
  }
}

/** Tensors by their state-dict key, in the order of the file. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;
