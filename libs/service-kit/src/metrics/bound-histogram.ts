/** A histogram whose attributes were bound when it was made: recording allocates nothing. */
export class BoundHistogram {
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  /** @param boundaries upper bounds of the buckets, inclusive and growing; one more bucket holds what is above them all */
  constructor(readonly boundaries: readonly number[]) {
    this.#counts = new Float64Array(boundaries.length + 1);
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** Values of each bucket alone, not of those below it. */
  get counts(): number[] {
    return [...this.#counts];
  }

  record(value: number): void {
    const { boundaries } = this;
    let bucket = 0;
    while (bucket < boundaries.length && value > boundaries[bucket]) bucket += 1;
    this.#counts[bucket] += 1;
    this.#sum += value;
    this.#count += 1;
  }
}
