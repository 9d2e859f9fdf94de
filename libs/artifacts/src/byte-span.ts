import { invalidField } from '@resmask/errors';
import type { ByteRange } from './artifact-store.js';

/** Consecutive bytes that exist: `length` of them from `offset`. */
export interface ByteSpan {
  readonly offset: number;
  readonly length: number;
}

/**
 * The bytes a range means in an artifact of `sizeBytes`; a range may end beyond the end and begin at it.
 * @throws DomainError FIELD_INVALID if it begins beyond the end or is no range.
 */
export function byteSpan({ offset = 0, length }: ByteRange, sizeBytes: number): ByteSpan {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > sizeBytes) {
    throw invalidField('offset', `got ${offset}; the artifact has ${sizeBytes} bytes, allowed are 0 to ${sizeBytes}`);
  }
  if (length !== undefined && (!Number.isSafeInteger(length) || length < 0)) {
    throw invalidField('length', `got ${length}; a number of bytes from 0 is needed`);
  }
  return { offset, length: Math.min(length ?? sizeBytes, sizeBytes - offset) };
}
