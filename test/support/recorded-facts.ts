import { createHash } from 'node:crypto';
import type { ComparisonRecord, EvaluationRecord, ModelVersion } from '@resmask/client';

export const DATASET = 'namespaces/default/datasets/fer2013';
export const SPLIT = 'test';
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
export const daysAgo = (days: number) => ({ seconds: Math.floor(Date.now() / 1000) - days * 86_400, nanos: 0 });

/** What an evaluation of a version found, as it is recorded. */
export function evaluationOf(version: ModelVersion, change: Partial<EvaluationRecord> = {}) {
  return {
    version: version.name,
    versionDigest: version.digest,
    dataset: DATASET,
    datasetDigest: digest('fer2013'),
    split: SPLIT,
    protocolDigest: digest('8-fold'),
    predictionsDigest: digest(version.name),
    run: '',
    sampleCount: 3589,
    correctCount: 2497,
    metrics: { balanced_accuracy: 0.66 },
    finishTime: daysAgo(0),
    ...change,
  };
}

/** What a comparison of two versions found, as it is recorded. */
export function comparisonOf(version: ModelVersion, baseline: ModelVersion, change: Partial<ComparisonRecord> = {}) {
  return {
    version: version.name,
    baseline: baseline.name,
    dataset: DATASET,
    datasetDigest: digest('fer2013'),
    split: SPLIT,
    protocolDigest: digest('8-fold'),
    predictionsDigest: digest(version.name),
    baselinePredictionsDigest: digest(baseline.name),
    sampleCount: 3589,
    onlyVersionCorrectCount: 100,
    onlyBaselineCorrectCount: 90,
    ...change,
  };
}
