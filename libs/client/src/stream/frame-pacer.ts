/** Frames' worth of saved-up time: one to pass a frame at all, one so that rates that do not divide the source's come out right. */
const MOST_CREDIT = 2;
/** Below 1, because sums of fractions fall short of it. */
const WHOLE = 0.999;

/** Lets frames through up to a rate; the others are to be skipped. */
export class FramePacer {
  #perSecond = 0;
  #credit = 1;
  #at = 0;

  /** @param perSecond 0 for no limit @param now milliseconds by any clock that does not go back */
  pace(perSecond: number, now: number): void {
    this.#perSecond = perSecond;
    this.#credit = 1;
    this.#at = now;
  }

  /** Whether a frame may pass now. */
  take(now: number): boolean {
    if (this.#perSecond === 0) return true;
    this.#credit = Math.min(MOST_CREDIT, this.#credit + ((now - this.#at) * this.#perSecond) / 1000);
    this.#at = now;
    if (this.#credit < WHOLE) return false;
    this.#credit -= 1;
    return true;
  }
}
