import { invalidField } from '@resmask/errors';
import type { ByteSpan } from './byte-span.js';
import type { StagedSize } from './staged-uploads.js';

const MIB = 1024 ** 2;
/**
 * The limits of S3 multipart uploads, which hold for every store so that one can take another's place.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const MIN_PART_BYTES = 5 * MIB;
const MAX_PART_BYTES = 5 * 1024 * MIB;
const MAX_PARTS = 10_000;

/** Where the parts of an upload lie in the whole. */
export class PartLayout {
  readonly partCount: number;

  private constructor(readonly size: StagedSize) {
    this.partCount = Math.ceil(size.sizeBytes / size.partBytes);
  }

  /** @throws DomainError FIELD_INVALID if parts are too small, too large or too many. */
  static of({ sizeBytes, partBytes }: StagedSize): PartLayout {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1) {
      throw invalidField('size_bytes', `got ${sizeBytes}; an upload has at least one byte`);
    }
    const least = Math.min(MIN_PART_BYTES, sizeBytes);
    if (!Number.isSafeInteger(partBytes) || partBytes < least || partBytes > MAX_PART_BYTES) {
      throw invalidField('part_bytes', `got ${partBytes}; allowed are ${least} to ${MAX_PART_BYTES} bytes`);
    }
    const layout = new PartLayout({ sizeBytes, partBytes });
    if (layout.partCount > MAX_PARTS) {
      const needed = Math.ceil(sizeBytes / MAX_PARTS);
      throw invalidField(
        'part_bytes',
        `got ${partBytes}, which makes ${layout.partCount} parts; at most ${MAX_PARTS} are allowed: take ${needed} or more`,
      );
    }
    return layout;
  }

  /** @throws DomainError FIELD_INVALID if there is no such part. */
  span(partNumber: number): ByteSpan {
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > this.partCount) {
      throw invalidField('part_number', `got ${partNumber}; this upload has the parts 1 to ${this.partCount}`);
    }
    const offset = (partNumber - 1) * this.size.partBytes;
    return { offset, length: Math.min(this.size.partBytes, this.size.sizeBytes - offset) };
  }

  /** The part's place, if it has the announced size there. @throws DomainError FIELD_INVALID if it has not. */
  place(partNumber: number, sizeBytes: number): ByteSpan {
    const span = this.span(partNumber);
    if (span.length === sizeBytes) return span;
    throw invalidField('size_bytes', `got ${sizeBytes}; part ${partNumber} of this upload has ${span.length} bytes`);
  }

  /** The numbers of parts that are not among these. */
  missing(parts: readonly { readonly partNumber: number }[]): number[] {
    const there = new Set(parts.map(({ partNumber }) => partNumber));
    return Array.from({ length: this.partCount }, (_, index) => index + 1).filter((number) => !there.has(number));
  }
}
