/** Something that wants to be in a batch. */
export interface Batchable {
  /** Images it brings. */
  readonly size: number;
  /** Whether nobody waits for it any more. */
  readonly cancelled: boolean;
}

/** What waits for a batch, in the order it came. */
export class BatchQueue<Item extends Batchable> {
  readonly #items: Item[] = [];
  #size = 0;

  /** Images that wait. */
  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#size += item.size;
  }

  /**
   * The next items whose images fit together; one that is larger by itself comes alone. Items nobody waits for are handed out
   * separately, whatever their size.
   */
  take(maxImages: number): { batch: Item[]; cancelled: Item[] } {
    const batch: Item[] = [];
    const cancelled: Item[] = [];
    let images = 0;
    while (this.#items.length > 0) {
      const [item] = this.#items;
      if (!item.cancelled && batch.length > 0 && images + item.size > maxImages) break;
      this.#items.shift();
      this.#size -= item.size;
      if (item.cancelled) {
        cancelled.push(item);
        continue;
      }
      batch.push(item);
      images += item.size;
      if (images >= maxImages) break;
    }
    return { batch, cancelled };
  }

  /** Everything that waits. */
  clear(): Item[] {
    this.#size = 0;
    return this.#items.splice(0);
  }
}
