/** Counts of samples by true label (row) and predicted label (column), in the order of the labels. */
export class ConfusionMatrix {
  readonly #counts: number[][];

  constructor(readonly labels: readonly string[]) {
    this.#counts = labels.map(() => labels.map(() => 0));
  }

  /** @throws RangeError if either is no index into the labels. */
  add(trueLabel: number, predictedLabel: number, count = 1): void {
    for (const index of [trueLabel, predictedLabel]) {
      if (!Number.isInteger(index) || index < 0 || index >= this.labels.length) {
        throw new RangeError(`label ${index}: allowed are 0 to ${this.labels.length - 1}`);
      }
    }
    this.#counts[trueLabel][predictedLabel] += count;
  }

  /** Rows are the true labels, columns the predicted ones. */
  get countsByTrueThenPredicted(): readonly (readonly number[])[] {
    return this.#counts;
  }

  get total(): number {
    return this.#counts.flat().reduce((sum, count) => sum + count, 0);
  }

  get correct(): number {
    return this.#counts.reduce((sum, row, label) => sum + row[label], 0);
  }
}
