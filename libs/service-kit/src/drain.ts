/**
 * The life of a service's calls when it stops: `begin` tells long streams to finish what they have taken, `idle` waits until no
 * call is open.
 */
export class Drain {
  readonly #controller = new AbortController();
  readonly #waiting = new Set<() => void>();
  #open = 0;

  /** Aborted when streams shall end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get openCalls(): number {
    return this.#open;
  }

  begin(): void {
    this.#controller.abort();
  }

  /** Counts a call as open until the returned function is called. */
  enter(): () => void {
    this.#open += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#open -= 1;
      if (this.#open > 0) return;
      for (const wake of this.#waiting) wake();
    };
  }

  /** Resolves true when no call is open, false after the timeout. */
  async idle(timeoutMs: number): Promise<boolean> {
    if (this.#open === 0) return true;
    return new Promise((resolve) => {
      const finish = (idle: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve(idle);
      };
      const wake = (): void => finish(true);
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#waiting.add(wake);
    });
  }
}
