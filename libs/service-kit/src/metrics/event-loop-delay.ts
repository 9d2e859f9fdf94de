import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two samples, which each sample includes. */
const RESOLUTION_MS = 10;
/** Readers that ask within this time see the same window, so that one does not take it from another. */
const WINDOW_MS = 5000;

/** How late the event loop was in the last window, in seconds. */
export interface EventLoopDelayWindow {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Watches how late the event loop of this thread is, window by window. */
export class EventLoopDelay {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #window: EventLoopDelayWindow | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#delays.enable();
  }

  /** The window that ends now, or ended less than five seconds ago. */
  read(): EventLoopDelayWindow {
    const now = performance.now();
    if (this.#window && now - this.#readAt < WINDOW_MS) return this.#window;
    const delays = this.#delays;
    this.#window = {
      mean: late(delays.mean),
      p50: late(delays.percentile(50)),
      p90: late(delays.percentile(90)),
      p99: late(delays.percentile(99)),
      max: late(delays.max),
    };
    this.#readAt = now;
    delays.reset();
    return this.#window;
  }

  close(): void {
    this.#delays.disable();
  }
}

function late(nanoseconds: number): number {
  // A window without a sample has no mean.
  return Number.isNaN(nanoseconds) ? 0 : Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
}
