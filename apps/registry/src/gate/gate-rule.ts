import type { GateRule as GateRuleMessage } from '@resmask/contracts/registry.v1';
import { invalidField } from '@resmask/errors';
import { parseDatasetName } from '@resmask/resource-names';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type SplitName = (typeof SPLITS)[number];

/** One rule of a gate, as it is kept. */
export type GateRule =
  | {
      readonly kind: 'minimum-accuracy';
      readonly dataset: string;
      readonly split: SplitName;
      readonly minimum: number;
      /** 0: at any time. */
      readonly maxAgeDays: number;
    }
  | { readonly kind: 'not-worse'; readonly dataset: string; readonly split: SplitName; readonly confidence: number }
  | { readonly kind: 'approvals'; readonly count: number };

const MAX_RULES = 16;
const DEFAULT_CONFIDENCE = 0.95;

/** @throws DomainError FIELD_INVALID. */
export function readRules(rules: readonly GateRuleMessage[], field: string): GateRule[] {
  if (rules.length > MAX_RULES)
    throw invalidField(field, `there are ${rules.length}; at most ${MAX_RULES} are allowed`);
  return rules.map(({ rule }, i) => readRule(rule, `${field}[${i}]`));
}

function readRule(rule: GateRuleMessage['rule'], field: string): GateRule {
  if (rule?.$case === 'approvals') {
    return { kind: 'approvals', count: within(rule.value.count, 1, 10, `${field}.approvals.count`) };
  }
  if (rule?.$case === 'minimumAccuracy') {
    const { dataset, split, minimum, maxAgeDays } = rule.value;
    const place = readSplit(dataset, split, `${field}.minimum_accuracy`);
    return {
      kind: 'minimum-accuracy',
      ...place,
      minimum: within(minimum, 0, 1, `${field}.minimum_accuracy.minimum`),
      maxAgeDays: within(maxAgeDays, 0, 3650, `${field}.minimum_accuracy.max_age_days`),
    };
  }
  if (rule?.$case === 'notWorse') {
    const { dataset, split, confidence } = rule.value;
    const place = readSplit(dataset, split, `${field}.not_worse`);
    const given = confidence === 0 ? DEFAULT_CONFIDENCE : confidence;
    return { kind: 'not-worse', ...place, confidence: within(given, 0.5, 0.9999, `${field}.not_worse.confidence`) };
  }
  throw invalidField(field, 'it is empty; minimum_accuracy, not_worse or approvals is needed');
}

/** @throws DomainError RESOURCE_NAME_INVALID or FIELD_INVALID. */
export function readSplit(dataset: string, split: string, field: string): { dataset: string; split: SplitName } {
  parseDatasetName(dataset, `${field}.dataset`);
  const known = SPLITS.find((name) => name === split);
  if (known) return { dataset, split: known };
  throw invalidField(`${field}.split`, `got "${split.slice(0, 63)}"; allowed are ${SPLITS.join(', ')}`);
}

export function toRuleMessage(rule: GateRule): GateRuleMessage {
  if (rule.kind === 'approvals') return { rule: { $case: 'approvals', value: { count: rule.count } } };
  if (rule.kind === 'not-worse') {
    const { dataset, split, confidence } = rule;
    return { rule: { $case: 'notWorse', value: { dataset, split, confidence } } };
  }
  const { dataset, split, minimum, maxAgeDays } = rule;
  return { rule: { $case: 'minimumAccuracy', value: { dataset, split, minimum, maxAgeDays } } };
}

function within(value: number, min: number, max: number, field: string): number {
  if (value >= min && value <= max) return value;
  throw invalidField(field, `got ${value}; allowed are ${min} to ${max}`);
}
