/** A counter whose attributes were bound when it was made: adding to it allocates nothing. */
export class BoundCounter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  /** @param amount 0 or more */
  add(amount: number): void {
    this.#value += amount;
  }
}
