import { type Prediction, type Report, type Run, RunState } from '@resmask/contracts/evaluation.v1alpha1';
import { fromErrorRecord } from '@resmask/errors';
import { formatDatasetName, formatRunName } from '@resmask/resource-names';
import { toStatus, toTimestamp } from '@resmask/service-kit';
import { toSplitMessage } from '../dataset/dataset.messages.js';
import type { PredictionEntity, RunEntity, RunStateName } from './run.entity.js';
import type { RunReport } from './run-report.js';

const STATES: Readonly<Record<RunStateName, RunState>> = {
  queued: RunState.RUN_STATE_QUEUED,
  running: RunState.RUN_STATE_RUNNING,
  succeeded: RunState.RUN_STATE_SUCCEEDED,
  failed: RunState.RUN_STATE_FAILED,
};

/** A run and how many of its samples are stored. */
export interface FoundRun {
  readonly run: RunEntity;
  readonly samplesDone: number;
}

export function toRunMessage({ run, samplesDone }: FoundRun): Run {
  const { namespace, dataset } = run;
  return {
    name: formatRunName({ namespace, run: Number(run.id) }),
    model: run.model,
    modelVersion: run.modelVersion,
    modelDigest: run.modelDigest.toString('hex'),
    dataset: formatDatasetName({ namespace: dataset.namespace, dataset: dataset.datasetId }),
    datasetDigest: dataset.digest.toString('hex'),
    split: toSplitMessage(run.split),
    state: STATES[run.state],
    samplesDone,
    samplesTotal: run.samplesTotal,
    error: run.error ? toStatus(fromErrorRecord(run.error)) : undefined,
    report: run.report ? toReportMessage(run.report) : undefined,
    etag: run.revision,
    createTime: toTimestamp(run.createTime),
    startTime: run.startTime ? toTimestamp(run.startTime) : undefined,
    endTime: run.endTime ? toTimestamp(run.endTime) : undefined,
  };
}

export function toPredictionMessage({
  sample,
  trueLabel,
  predictedLabel,
  probabilities,
}: PredictionEntity): Prediction {
  return { sample, trueLabel, predictedLabel, probabilities };
}

function toReportMessage({ accuracy, labels, countsByTrueThenPredicted }: RunReport): Report {
  const { k, n, value, low, high, confidence } = accuracy;
  return {
    accuracy: { k, n, value, intervalLow: low, intervalHigh: high, confidence },
    confusionMatrix: {
      labels: [...labels],
      rowsByTrueLabel: countsByTrueThenPredicted.map((counts, i) => ({
        trueLabel: labels[i],
        countsByPredictedLabel: [...counts],
      })),
    },
  };
}
