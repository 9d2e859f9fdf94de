import { expect, it } from 'vitest';
import { FramePacer } from './frame-pacer.js';

function passed(pacer: FramePacer, sourceFps: number, seconds: number): number {
  const times = Array.from({ length: sourceFps * seconds }, (_, i) => (i * 1000) / sourceFps);
  return times.filter((at) => pacer.take(at)).length;
}

it.each([
  [30, 20],
  [30, 29],
  [25, 4],
  [60, 30],
  [30, 0.5],
])('makes %s frames a second into %s', (sourceFps, perSecond) => {
  const pacer = new FramePacer();
  pacer.pace(perSecond, 0);
  const expected = perSecond * 20;
  expect(Math.abs(passed(pacer, sourceFps, 20) - expected)).toBeLessThanOrEqual(1 + expected * 0.01);
});

it('lets everything through without a rate, and below it', () => {
  expect(passed(new FramePacer(), 30, 2)).toBe(60);
  const pacer = new FramePacer();
  pacer.pace(40, 0);
  expect(passed(pacer, 30, 2)).toBe(60);
});
