import { createHash, type Hash } from 'node:crypto';
import type { StagedPart } from '../staged-uploads.js';

/** The digest of an upload's first parts, as far as they came in order through this process. */
export class RunningDigest {
  #hash = createHash('sha256');
  readonly #parts: string[] = [];

  /** A hash that takes this part's bytes, or undefined if it is not the one that follows. */
  next(partNumber: number): Hash | undefined {
    // A copy, because the part may be refused or break off.
    return partNumber === this.#parts.length + 1 ? this.#hash.copy() : undefined;
  }

  /** The part was stored, and `hash` of `next` has taken it. */
  accept({ partNumber, sha256 }: StagedPart, hash: Hash): void {
    if (partNumber !== this.#parts.length + 1) return;
    this.#hash = hash;
    this.#parts.push(sha256);
  }

  /** A hash of the first `count` of these parts; of none if any of them was sent again with other bytes. */
  over(parts: readonly StagedPart[]): { readonly hash: Hash; readonly count: number } {
    const same = this.#parts.every((sha256, index) => sha256 === parts[index]?.sha256);
    return same ? { hash: this.#hash.copy(), count: this.#parts.length } : { hash: createHash('sha256'), count: 0 };
  }
}
