import type { Smoothing } from '@resmask/client';
import { InvalidArgumentError } from 'commander';

/** `300ms` or `0.3s` is the half-life of an exponential mean, `median:15` the median of so many frames. */
export function parseSmoothing(text: string): Smoothing {
  const median = /^median:(\d+)$/.exec(text);
  if (median) return { method: { $case: 'medianFrames', value: Number(median[1]) } };
  const time = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (!time) throw new InvalidArgumentError('a half-life such as "300ms", or "median:15", is needed.');
  return { method: { $case: 'halfLife', value: toDuration(Number(time[1]) * (time[2] === 's' ? 1000 : 1)) } };
}

/** A protobuf duration of so many milliseconds. */
export function toDuration(milliseconds: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}
