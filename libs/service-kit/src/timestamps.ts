import type { Timestamp } from '@resmask/contracts/google.protobuf/timestamp';

export function toTimestamp(date: Date): Timestamp {
  const milliseconds = date.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}

export function fromTimestamp({ seconds, nanos }: Timestamp): Date {
  return new Date(seconds * 1000 + nanos / 1_000_000);
}
