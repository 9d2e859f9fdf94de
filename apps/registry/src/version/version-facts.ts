import type { Lineage, TagValue } from '@resmask/contracts/registry.v1';
import { invalidField } from '@resmask/errors';
import { parseRunName, parseVersionName } from '@resmask/resource-names';
import { checkText } from '../change/check-text.js';
import type { MapKeys } from '../list/list-table.js';

/** Typed values by key. */
export type Tags = Readonly<Record<string, string | number | boolean>>;

/** Where weights come from; what is unknown is left out. */
export interface VersionLineage {
  readonly codeRevision?: string;
  readonly trainingDataDigest?: string;
  readonly parentVersion?: string;
  readonly evaluationRuns?: readonly string[];
}

export const TAG_KEYS: MapKeys = {
  pattern: /^[A-Za-z0-9._-]{1,63}$/,
  allowed: '1 to 63 letters, digits, "-", "_" and "."',
};

const SHA256 = /^[0-9a-f]{64}$/;
const MAX_TAGS = 64;
const MAX_TEXT = 1024;
const MAX_REVISION = 255;
const MAX_RUNS = 16;

/** @throws DomainError FIELD_INVALID. */
export function readTags(tags: Readonly<Record<string, TagValue>>, field: string): Tags {
  const entries = Object.entries(tags);
  if (entries.length > MAX_TAGS)
    throw invalidField(field, `there are ${entries.length}; at most ${MAX_TAGS} are allowed`);
  return Object.fromEntries(entries.map(([key, { value }]) => [key, tagValue(key, value, field)]));
}

function tagValue(key: string, value: TagValue['value'], field: string): string | number | boolean {
  if (!TAG_KEYS.pattern.test(key)) throw invalidField(field, `got the key "${key}"; a key has ${TAG_KEYS.allowed}`);
  if (!value) throw invalidField(`${field}["${key}"]`, 'it has no value; a text, a number or a flag is needed');
  if (value.$case === 'text') return checkText(value.value, `${field}["${key}"]`, MAX_TEXT);
  if (value.$case === 'number' && !Number.isFinite(value.value))
    throw invalidField(`${field}["${key}"]`, `got ${value.value}; a finite number is needed`);
  return value.value;
}

export function toTagMessages(tags: Tags): Record<string, TagValue> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]): [string, TagValue] => {
      if (typeof value === 'string') return [key, { value: { $case: 'text', value } }];
      if (typeof value === 'number') return [key, { value: { $case: 'number', value } }];
      return [key, { value: { $case: 'flag', value } }];
    }),
  );
}

/** @throws DomainError FIELD_INVALID or RESOURCE_NAME_INVALID. */
export function readLineage(lineage: Lineage | undefined, field: string): VersionLineage {
  if (!lineage) return {};
  const { codeRevision, trainingDataDigest, parentVersion, evaluationRuns } = lineage;
  checkText(codeRevision, `${field}.code_revision`, MAX_REVISION);
  if (trainingDataDigest !== '' && !SHA256.test(trainingDataDigest)) {
    const description = `got "${trainingDataDigest}"; 64 lower-case hexadecimal digits or nothing are needed`;
    throw invalidField(`${field}.training_data_digest`, description);
  }
  if (parentVersion !== '') parseVersionName(parentVersion, `${field}.parent_version`);
  if (evaluationRuns.length > MAX_RUNS) {
    throw invalidField(
      `${field}.evaluation_runs`,
      `there are ${evaluationRuns.length}; at most ${MAX_RUNS} are allowed`,
    );
  }
  for (const [i, run] of evaluationRuns.entries()) parseRunName(run, `${field}.evaluation_runs[${i}]`);
  return {
    ...(codeRevision !== '' && { codeRevision }),
    ...(trainingDataDigest !== '' && { trainingDataDigest }),
    ...(parentVersion !== '' && { parentVersion }),
    ...(evaluationRuns.length > 0 && { evaluationRuns }),
  };
}

export function toLineageMessage(lineage: VersionLineage): Lineage | undefined {
  const { codeRevision = '', trainingDataDigest = '', parentVersion = '', evaluationRuns = [] } = lineage;
  if (Object.keys(lineage).length === 0) return undefined;
  return { codeRevision, trainingDataDigest, parentVersion, evaluationRuns: [...evaluationRuns] };
}
