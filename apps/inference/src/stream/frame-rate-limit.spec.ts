import { expect, it } from 'vitest';
import { FrameRateLimit } from './frame-rate-limit.js';

it('lets a second’s worth through at once, then the rate', () => {
  const limit = new FrameRateLimit(10, 0);
  const passed = Array.from({ length: 200 }, (_, i) => limit.take(i * 10)).filter(Boolean);
  // Ten at once, and ten a second for two seconds.
  expect(passed.length).toBeGreaterThanOrEqual(29);
  expect(passed.length).toBeLessThanOrEqual(30);
});

it('paces frames that are never refused to the rate', () => {
  const limit = new FrameRateLimit(10, 0);
  let now = 0;
  for (let frame = 0; frame < 110; frame += 1) now += limit.spend(now);
  expect(now).toBeCloseTo(10_100, -2);
});

it('limits nothing when there is no limit', () => {
  const limit = new FrameRateLimit(0, 0);
  expect([limit.take(0), limit.spend(0)]).toEqual([true, 0]);
});
