export interface FrameSlotsOptions<Frame> {
  /** Frames recognised at once. */
  readonly maxInFlight: number;
  /** Keep only the newest waiting frame; otherwise all wait in order. */
  readonly newestOnly: boolean;
  /** Recognises one frame; must not reject. */
  readonly run: (frame: Frame) => Promise<void>;
  /** Told of a waiting frame that a newer one replaces. */
  readonly drop: (frame: Frame) => void;
}

/** Decides what happens to a frame: recognised now, kept waiting, or dropped for a newer one. */
export class FrameSlots<Frame> {
  #waiting: Frame[] = [];
  #running = 0;

  constructor(readonly options: FrameSlotsOptions<Frame>) {}

  offer(frame: Frame): void {
    if (this.#running < this.options.maxInFlight) {
      this.#start(frame);
      return;
    }
    if (this.options.newestOnly) {
      for (const older of this.#waiting) this.options.drop(older);
      this.#waiting = [frame];
    } else {
      this.#waiting.push(frame);
    }
  }

  /** Forgets what waits; what runs is finished. */
  clear(): void {
    this.#waiting = [];
  }

  async #start(frame: Frame): Promise<void> {
    this.#running += 1;
    await this.options.run(frame);
    this.#running -= 1;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
  }
}
