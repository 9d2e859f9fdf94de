import { expect, it } from 'vitest';
import { parseSmoothing, toDuration } from './parse-smoothing.js';

it('reads half-lives and medians, and nothing else', () => {
  const halfLife = (seconds: number, nanos: number) => ({ method: { $case: 'halfLife', value: { seconds, nanos } } });
  expect(parseSmoothing('300ms')).toEqual(halfLife(0, 300_000_000));
  expect(parseSmoothing('1.5s')).toEqual(halfLife(1, 500_000_000));
  expect(parseSmoothing('median:9')).toEqual({ method: { $case: 'medianFrames', value: 9 } });
  for (const text of ['300', 'median', 'median:', 'mean:3', '-1s', ''])
    expect(() => parseSmoothing(text), text).toThrow('a half-life such as "300ms"');
});

it('makes durations without losing fractions', () => {
  expect(toDuration(0.5)).toEqual({ seconds: 0, nanos: 500_000 });
  expect(toDuration(61_001)).toEqual({ seconds: 61, nanos: 1_000_000 });
});
