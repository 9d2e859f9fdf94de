import { describe, expect, it } from 'vitest';
import type { ComparisonFact, EvaluationFact, GateFacts } from './gate-facts.js';
import type { GateRule } from './gate-rule.js';
import { judgeRule } from './judge-rule.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const DATASET = 'namespaces/default/datasets/fer2013';
const VERSION = 'namespaces/default/models/m/versions/2';
const HOLDER = 'namespaces/default/models/m/versions/1';

const evaluation = (change: Partial<EvaluationFact> = {}): EvaluationFact => ({
  protocolDigest: 'protocol',
  datasetDigest: 'data',
  predictionsDigest: 'ours',
  sampleCount: 3589,
  correctCount: 2497,
  finishTime: new Date('2026-11-20T12:00:00Z'),
  ...change,
});
const comparison = (change: Partial<ComparisonFact> = {}): ComparisonFact => ({
  datasetDigest: 'data',
  protocolDigest: 'protocol',
  predictionsDigest: 'ours',
  baselinePredictionsDigest: 'theirs',
  onlyVersionCorrect: 100,
  onlyBaselineCorrect: 100,
  ...change,
});

interface Known {
  readonly ours?: EvaluationFact;
  readonly theirs?: EvaluationFact;
  readonly comparison?: ComparisonFact;
  readonly approvers?: readonly string[];
  readonly holder?: string;
}
const facts = (known: Known): GateFacts => ({
  version: VERSION,
  holder: known.holder,
  evaluation: async (of) => (of === 'version' ? known.ours : known.theirs),
  comparison: async () => known.comparison,
  approvers: async () => known.approvers ?? [],
});

const minimum = (change = {}): GateRule => ({
  kind: 'minimum-accuracy',
  dataset: DATASET,
  split: 'validation',
  minimum: 0.6,
  maxAgeDays: 0,
  ...change,
});
const notWorse: GateRule = { kind: 'not-worse', dataset: DATASET, split: 'validation', confidence: 0.95 };
const both = { ours: evaluation(), theirs: evaluation({ predictionsDigest: 'theirs' }), holder: HOLDER };

describe('a minimum accuracy', () => {
  it.each([
    ['is met', minimum(), evaluation(), true, '2497 of 3589 = 69.57 % (95 %: 68.05 % to 71.06 %)'],
    ['is missed', minimum({ minimum: 0.7 }), evaluation(), false, '69.57 %'],
    ['is met exactly', minimum({ minimum: 0.5 }), evaluation({ sampleCount: 10, correctCount: 5 }), true, '5 of 10'],
    ['has no evaluation', minimum(), undefined, false, `no evaluation of ${VERSION} on ${DATASET} validation`],
    ['has one in time', minimum({ maxAgeDays: 5 }), evaluation(), true, '2497'],
    ['has a stale one', minimum({ maxAgeDays: 3 }), evaluation(), false, 'finished 4 days ago; run it again'],
  ])('that %s', async (_what, rule, ours, passed, got) => {
    const outcome = await judgeRule(rule, facts({ ours }), NOW);
    expect(outcome.passed).toBe(passed);
    expect(outcome.got).toContain(got);
    expect(outcome.wanted).toContain('at least');
  });
});

describe('not being worse', () => {
  it.each<[string, Known, boolean, string]>([
    ['than nothing', { ours: evaluation() }, true, 'points at nothing yet'],
    ['than itself', { ...both, holder: VERSION }, false, 'cannot be compared with itself'],
    ['without a comparison', both, false, 'no comparison of'],
    ['when equal', { ...both, comparison: comparison() }, true, 'McNemar p = 1.00'],
    ['when better', { ...both, comparison: comparison({ onlyVersionCorrect: 200 }) }, true, 'only it is right 200'],
    ['when a little worse', { ...both, comparison: comparison({ onlyBaselineCorrect: 120 }) }, true, 'p = 0.2'],
    ['when clearly worse', { ...both, comparison: comparison({ onlyBaselineCorrect: 140 }) }, false, 'p = 0.01'],
    [
      'by a comparison of older predictions',
      { ...both, ours: evaluation({ predictionsDigest: 'newer' }), comparison: comparison() },
      false,
      'not of the newest recorded evaluations',
    ],
    [
      'by a comparison on other data',
      { ...both, comparison: comparison({ datasetDigest: 'other' }) },
      false,
      'not of the newest recorded evaluations',
    ],
  ])('%s', async (_what, known, passed, got) => {
    const outcome = await judgeRule(notWorse, facts(known), NOW);
    expect(outcome.got).toContain(got);
    expect(outcome.passed).toBe(passed);
  });
});

it('approvals are counted by heads', async () => {
  const rule: GateRule = { kind: 'approvals', count: 2 };
  expect(await judgeRule(rule, facts({ approvers: ['a'] }), NOW)).toMatchObject({
    passed: false,
    got: 'approved by a',
    wanted: '2 people other than its publisher',
  });
  expect((await judgeRule(rule, facts({ approvers: ['a', 'b'] }), NOW)).passed).toBe(true);
});
