import type { ResmaskError } from '../resmask-error.js';
import type { StreamControls } from './stream-controls.js';

const ATTEMPTS = 20;
/** Before a service has been reached at all: a wrong address shall be told soon. */
const FIRST_ATTEMPTS = 5;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5000;

/** Decides how often and after what wait a lost stream is opened again. */
export class ReconnectBackoff {
  #failures = 0;
  #reached = false;

  constructor(readonly controls: Pick<StreamControls, 'attempts' | 'firstDelayMs' | 'maxDelayMs'>) {}

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether a stream is opened again at all. */
  get enabled(): boolean {
    return this.#attempts > 0;
  }

  /** A service accepted the stream. */
  reached(): void {
    this.#reached = true;
  }

  /** The stream does what it is for. */
  succeed(): void {
    this.#failures = 0;
  }

  /** Counts a failure. @returns milliseconds to wait before the next attempt; undefined if there shall be none */
  fail({ retryAfterMs = 0 }: ResmaskError): number | undefined {
    this.#failures += 1;
    const allowed = this.#reached ? this.#attempts : Math.min(FIRST_ATTEMPTS, this.#attempts);
    if (this.#failures > allowed) return undefined;
    const { firstDelayMs = FIRST_DELAY_MS, maxDelayMs = MAX_DELAY_MS } = this.controls;
    const longest = Math.min(firstDelayMs * 2 ** (this.#failures - 1), maxDelayMs);
    // Clients of one service shall not all come back together; what the service asks for is the least it gets.
    const jitter = Math.random() / 2;
    return Math.max(longest * (0.5 + jitter), retryAfterMs * (1 + jitter / 2));
  }

  get #attempts(): number {
    return this.controls.attempts ?? ATTEMPTS;
  }
}
