/** A condition variable for loops of one thread: each waits until anything has changed and looks for itself whether it may go on. */
export class Condition {
  #waiting: (() => void)[] = [];

  /** Resolves at the next change. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  notifyAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
