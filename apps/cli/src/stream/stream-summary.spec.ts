import { expect, it } from 'vitest';
import { StreamSummary } from './stream-summary.js';

it('counts answers by kind and takes percentiles of the served ones only', () => {
  const summary = new StreamSummary();
  for (let i = 1; i <= 100; i += 1) summary.add('result', i);
  summary.add('dropped', 9999);
  summary.add('error', 9999);
  expect([summary.served, summary.dropped, summary.errors]).toEqual([100, 1, 1]);
  expect([summary.latency(0.5), summary.latency(0.95), summary.latency(1)]).toEqual([51, 96, 100]);
  expect(summary.toString()).toContain('102 frames in');
});

it('has no latency without a served frame', () => {
  expect(new StreamSummary().latency(0.5)).toBeNaN();
});
