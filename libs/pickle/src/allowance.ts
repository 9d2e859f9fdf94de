import { DomainError } from '@resmask/errors';

/**
 * Bytes a reader may still ask for: memory is refused before it is taken, so a small file cannot grow into a large one.
 * What is counted is an estimate of what stays in memory; views into the file cost nothing.
 */
export class Allowance {
  #granted = 0;

  constructor(readonly limit: number) {}

  /** Bytes asked for so far. */
  get granted(): number {
    return this.#granted;
  }

  /** @throws DomainError CHECKPOINT_TOO_LARGE that names what needs the bytes, if they are more than what is left. */
  take(bytes: number, what: string): void {
    if (!(this.#granted + bytes <= this.limit)) {
      const problem = `${what} needs ${bytes} bytes beyond the ${this.#granted} already in use`;
      throw new DomainError('CHECKPOINT_TOO_LARGE', `${problem}; reading this file may use ${this.limit}`);
    }
    this.#granted += bytes;
  }
}
