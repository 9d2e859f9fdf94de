/** Lets frames through up to a rate, with a burst of a second's worth. */
export class FrameRateLimit {
  #tokens: number;
  #filledAt: number;

  /** @param perSecond 0 for no limit @param now milliseconds by any clock that does not go back */
  constructor(
    readonly perSecond: number,
    now: number,
  ) {
    this.#tokens = perSecond;
    this.#filledAt = now;
  }

  /** Whether a frame may pass now. */
  take(now: number): boolean {
    if (this.perSecond === 0) return true;
    this.#fill(now);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Lets a frame pass in any case. @returns milliseconds until the next one may */
  spend(now: number): number {
    if (this.perSecond === 0) return 0;
    this.#fill(now);
    this.#tokens -= 1;
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1000) / this.perSecond;
  }

  #fill(now: number): void {
    this.#tokens = Math.min(this.perSecond, this.#tokens + ((now - this.#filledAt) * this.perSecond) / 1000);
    this.#filledAt = now;
  }
}
