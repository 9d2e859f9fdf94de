import { mcNemarExact, wilson } from '@resmask/metrics';
import type { ComparisonFact, EvaluationFact, GateFacts } from './gate-facts.js';
import type { GateRule } from './gate-rule.js';

/** What a rule found, in words and with the digests of what it looked at. */
export interface RuleOutcome {
  readonly rule: string;
  readonly passed: boolean;
  readonly got: string;
  readonly wanted: string;
  readonly evidence: readonly string[];
}

type Rule<Kind extends GateRule['kind']> = Extract<GateRule, { kind: Kind }>;

const DAY_MS = 86_400_000;

/** Judges one rule by the facts that are recorded; a missing one says which is needed. */
export async function judgeRule(rule: GateRule, facts: GateFacts, now: Date): Promise<RuleOutcome> {
  if (rule.kind === 'approvals') return judgeApprovals(rule, facts);
  return rule.kind === 'not-worse' ? judgeNotWorse(rule, facts) : judgeMinimum(rule, facts, now);
}

async function judgeMinimum(rule: Rule<'minimum-accuracy'>, facts: GateFacts, now: Date): Promise<RuleOutcome> {
  const { dataset, split, minimum, maxAgeDays } = rule;
  const where = `${dataset} ${split}`;
  const fresh = maxAgeDays > 0 ? `, finished within ${maxAgeDays} days` : '';
  const base = { rule: 'minimum_accuracy', wanted: `at least ${percent(minimum)} on ${where}${fresh}` };
  const found = await facts.evaluation('version', dataset, split);
  if (!found) return refused(base, `no evaluation of ${facts.version} on ${where} is recorded; run one first`);
  const evidence = [found.predictionsDigest];
  const age = (now.getTime() - found.finishTime.getTime()) / DAY_MS;
  if (maxAgeDays > 0 && age > maxAgeDays)
    return refused(base, `the evaluation finished ${Math.floor(age)} days ago; run it again`, evidence);
  const { correctCount, sampleCount } = found;
  const { low, high } = wilson(correctCount, sampleCount);
  const got = `${correctCount} of ${sampleCount} = ${percent(correctCount / sampleCount)} (95 %: ${percent(low)} to ${percent(high)})`;
  return { ...base, passed: correctCount / sampleCount >= minimum, got, evidence };
}

async function judgeNotWorse(rule: Rule<'not-worse'>, facts: GateFacts): Promise<RuleOutcome> {
  const { dataset, split, confidence } = rule;
  const where = `${dataset} ${split}`;
  const { version, holder } = facts;
  const base = {
    rule: 'not_worse',
    wanted: `not worse than the current holder on ${where} at ${percent(confidence)} confidence`,
  };
  if (holder === undefined) return { ...base, passed: true, got: 'the alias points at nothing yet', evidence: [] };
  if (holder === version) return refused(base, `${version} is the current holder; it cannot be compared with itself`);
  const comparison = await facts.comparison(dataset, split);
  if (!comparison)
    return refused(
      base,
      `no comparison of ${version} with ${holder} on ${where} is recorded; compare their runs first`,
    );
  const evidence = [comparison.predictionsDigest, comparison.baselinePredictionsDigest];
  const stale = await staleness(rule, comparison, facts);
  if (stale) return refused(base, stale, evidence);
  const { onlyVersionCorrect: b, onlyBaselineCorrect: c } = comparison;
  const p = mcNemarExact(b, c);
  const got = `only it is right ${b} times, only ${holder} ${c} times (McNemar p = ${p.toPrecision(3)})`;
  return { ...base, passed: !(c > b && p < 1 - confidence), got, evidence };
}

/** A comparison counts only for the newest evaluations of both. */
async function staleness(
  { dataset, split }: Rule<'not-worse'>,
  comparison: ComparisonFact,
  facts: GateFacts,
): Promise<string | undefined> {
  const [ours, theirs] = [
    await facts.evaluation('version', dataset, split),
    await facts.evaluation('holder', dataset, split),
  ];
  const fits = (fact: EvaluationFact | undefined, predictions: string): boolean =>
    fact?.predictionsDigest === predictions &&
    fact.datasetDigest === comparison.datasetDigest &&
    fact.protocolDigest === comparison.protocolDigest;
  if (fits(ours, comparison.predictionsDigest) && fits(theirs, comparison.baselinePredictionsDigest)) return undefined;
  return 'the recorded comparison is not of the newest recorded evaluations of both; compare these';
}

async function judgeApprovals({ count }: Rule<'approvals'>, facts: GateFacts): Promise<RuleOutcome> {
  const approvers = await facts.approvers();
  const got = approvers.length === 0 ? 'nobody has approved it' : `approved by ${approvers.join(', ')}`;
  const wanted = `${count} ${count === 1 ? 'person' : 'people'} other than its publisher`;
  return { rule: 'approvals', passed: approvers.length >= count, got, wanted, evidence: [] };
}

function refused(
  base: { readonly rule: string; readonly wanted: string },
  got: string,
  evidence: readonly string[] = [],
): RuleOutcome {
  return { ...base, passed: false, got, evidence };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
