import type { ComparisonRecord, EvaluationRecord } from '@resmask/contracts/registry.v1';
import { invalidField } from '@resmask/errors';
import { formatVersionName, parseRunName, type VersionName } from '@resmask/resource-names';
import { fromTimestamp } from '@resmask/service-kit';
import { checkSha256 } from '../upload/check-sha256.js';
import { readSplit } from './gate-rule.js';

const MAX_METRICS = 64;
const METRIC = /^[a-zA-Z0-9_.@-]{1,63}$/;
/** Clocks differ. */
const AHEAD_MS = 60_000;

/** @throws DomainError FIELD_INVALID or RESOURCE_NAME_INVALID. */
export function checkEvaluation(record: EvaluationRecord, field: string, now: Date): void {
  readSplit(record.dataset, record.split, field);
  checkSha256(record.datasetDigest, `${field}.dataset_digest`);
  checkSha256(record.protocolDigest, `${field}.protocol_digest`);
  checkSha256(record.predictionsDigest, `${field}.predictions_digest`);
  if (record.run !== '') parseRunName(record.run, `${field}.run`);
  const { sampleCount, correctCount, metrics, finishTime } = record;
  checkCount(sampleCount, 1, `${field}.sample_count`);
  if (correctCount < 0 || correctCount > sampleCount)
    throw invalidField(
      `${field}.correct_count`,
      `got ${correctCount} of ${sampleCount}; allowed are 0 to ${sampleCount}`,
    );
  checkMetrics(metrics, `${field}.metrics`);
  if (!finishTime) throw invalidField(`${field}.finish_time`, 'it is not set');
  const finished = fromTimestamp(finishTime).getTime();
  if (!(finished <= now.getTime() + AHEAD_MS)) throw invalidField(`${field}.finish_time`, 'it lies in the future');
}

/** @throws DomainError FIELD_INVALID or RESOURCE_NAME_INVALID. */
export function checkComparison(
  record: ComparisonRecord,
  version: VersionName,
  baseline: VersionName,
  field: string,
): void {
  if (formatVersionName(version) === formatVersionName(baseline))
    throw invalidField(`${field}.baseline`, 'it is the version itself; another one is needed');
  if (version.namespace !== baseline.namespace)
    throw invalidField(
      `${field}.baseline`,
      `got ${record.baseline}; a version of namespace "${version.namespace}" is needed`,
    );
  readSplit(record.dataset, record.split, field);
  checkSha256(record.datasetDigest, `${field}.dataset_digest`);
  checkSha256(record.protocolDigest, `${field}.protocol_digest`);
  checkSha256(record.predictionsDigest, `${field}.predictions_digest`);
  checkSha256(record.baselinePredictionsDigest, `${field}.baseline_predictions_digest`);
  const { sampleCount, onlyVersionCorrectCount: ours, onlyBaselineCorrectCount: theirs } = record;
  checkCount(sampleCount, 1, `${field}.sample_count`);
  checkCount(ours, 0, `${field}.only_version_correct_count`);
  checkCount(theirs, 0, `${field}.only_baseline_correct_count`);
  if (ours + theirs > sampleCount) {
    const description = `${ours} and ${theirs} are more than the ${sampleCount} samples compared`;
    throw invalidField(`${field}.sample_count`, description);
  }
}

function checkMetrics(metrics: Readonly<Record<string, number>>, field: string): void {
  const entries = Object.entries(metrics);
  if (entries.length > MAX_METRICS)
    throw invalidField(field, `there are ${entries.length}; at most ${MAX_METRICS} are allowed`);
  for (const [name, value] of entries) {
    if (!METRIC.test(name))
      throw invalidField(field, `got the name "${name.slice(0, 63)}"; allowed are 1 to 63 letters, digits and "_.@-"`);
    if (!Number.isFinite(value)) throw invalidField(`${field}["${name}"]`, `got ${value}; a finite number is needed`);
  }
}

function checkCount(count: number, min: number, field: string): void {
  if (!Number.isSafeInteger(count) || count < min)
    throw invalidField(field, `got ${count}; a number from ${min} is needed`);
}
