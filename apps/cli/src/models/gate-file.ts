import { readFile } from 'node:fs/promises';
import type { GateRule } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { parse } from 'yaml';
import { z } from 'zod';

const place = { dataset: z.string().min(1), split: z.enum(['train', 'validation', 'test']) };

const ruleSchema = z.union([
  z.strictObject({
    minimumAccuracy: z.strictObject({
      ...place,
      minimum: z.number().min(0).max(1),
      maxAgeDays: z.number().int().min(0).max(3650).default(0),
    }),
  }),
  z.strictObject({ notWorse: z.strictObject({ ...place, confidence: z.number().min(0.5).max(0.9999).default(0.95) }) }),
  z.strictObject({ approvals: z.number().int().min(1).max(10) }),
]);

const gateSchema = z.array(ruleSchema).max(16);
type WrittenRule = z.infer<typeof ruleSchema>;

/** Reads what an alias shall demand from a YAML file, a list of rules. @throws DomainError FILE_UNREADABLE or FIELD_INVALID. */
export async function readGateFile(path: string, parent: string): Promise<GateRule[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DomainError('FILE_UNREADABLE', `${path} cannot be read: ${String(cause)}`, { cause });
  });
  return parseGate(text, path, parent);
}

/** @throws DomainError FIELD_INVALID. */
export function parseGate(text: string, path: string, parent: string): GateRule[] {
  try {
    return gateSchema.parse(parse(text)).map((rule) => toMessage(rule, parent));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new DomainError('FIELD_INVALID', `${path} is no list of gate rules:\n${problem}`, { cause });
  }
}

/** The rules as the file would have them. */
export function writtenRules(rules: readonly GateRule[]): WrittenRule[] {
  return rules.map(({ rule }): WrittenRule => {
    if (rule?.$case === 'approvals') return { approvals: rule.value.count };
    if (rule?.$case === 'notWorse') return { notWorse: written(rule.value) };
    if (rule?.$case === 'minimumAccuracy') return { minimumAccuracy: written(rule.value) };
    throw new TypeError('the registry has a rule that this command does not know; a newer one is needed');
  });
}

function toMessage(rule: WrittenRule, parent: string): GateRule {
  const named = (dataset: string): string => (dataset.includes('/') ? dataset : `${parent}/datasets/${dataset}`);
  if ('approvals' in rule) return { rule: { $case: 'approvals', value: { count: rule.approvals } } };
  if ('notWorse' in rule) {
    const { dataset } = rule.notWorse;
    return { rule: { $case: 'notWorse', value: { ...rule.notWorse, dataset: named(dataset) } } };
  }
  const { dataset } = rule.minimumAccuracy;
  return { rule: { $case: 'minimumAccuracy', value: { ...rule.minimumAccuracy, dataset: named(dataset) } } };
}

function written<Rule extends { readonly split: string }>(rule: Rule) {
  return { ...rule, split: place.split.parse(rule.split) };
}
