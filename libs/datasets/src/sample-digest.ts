import { createHash } from 'node:crypto';
import { type Sample, SPLITS } from './sample.js';

const DIGEST_BYTES = 32;

/**
 * Digest of a data set that does not depend on the order of its samples: sha256 over the sorted sha256s of every sample's
 * split, label and pixels. Two data sets with one digest hold the same samples, duplicates counted.
 */
export class SampleDigest {
  readonly #digests: Buffer[] = [];

  add({ split, label, pixels }: Sample): void {
    const header = Uint8Array.from([SPLITS.indexOf(split), label]);
    this.#digests.push(createHash('sha256').update(header).update(pixels).digest());
  }

  /** Lower-case hexadecimal. */
  finish(): string {
    const sorted = Buffer.concat(this.#digests.sort(Buffer.compare), this.#digests.length * DIGEST_BYTES);
    return createHash('sha256').update(sorted).digest('hex');
  }
}
