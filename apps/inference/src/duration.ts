import type { Duration } from '@resmask/contracts/google.protobuf/duration';
import { invalidField } from '@resmask/errors';

/** A time of so many milliseconds as it is sent. */
export function toDuration(milliseconds: number): Duration {
  const nanos = Math.round(Math.max(0, milliseconds) * 1_000_000);
  return { seconds: Math.floor(nanos / 1e9), nanos: nanos % 1e9 };
}

/** A time that may be unset. */
export function toOptionalDuration(milliseconds: number): Duration | undefined {
  return Number.isFinite(milliseconds) && milliseconds > 0 ? toDuration(milliseconds) : undefined;
}

export interface DurationRule {
  /** Milliseconds if it is not set. */
  readonly unset: number;
  /** Milliseconds, inclusive. */
  readonly min: number;
  readonly max: number;
}

/** Milliseconds of a client's duration. @throws DomainError FIELD_INVALID. */
export function fromDuration(duration: Duration | undefined, field: string, { unset, min, max }: DurationRule): number {
  if (!duration) return unset;
  const milliseconds = duration.seconds * 1000 + duration.nanos / 1_000_000;
  if (milliseconds >= min && milliseconds <= max) return milliseconds;
  throw invalidField(field, `got ${milliseconds / 1000} s; allowed are ${min / 1000} s to ${max / 1000} s, or nothing`);
}
