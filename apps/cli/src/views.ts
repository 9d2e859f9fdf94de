import {
  type Alias,
  type Alias_Canary,
  type ComparisonRecord,
  type Dataset,
  DatasetFormat,
  type EvaluationRecord,
  type Event,
  type Model,
  type ModelVersion,
  type Run,
  RunState,
  Split,
  State,
  Task,
} from '@resmask/client';
import { specFromMessages } from '@resmask/spec-messages';

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** Messages as documents for machines: words instead of enum numbers, ISO times, short names beside resource names. */

export function modelView(model: Model) {
  return {
    name: model.name,
    id: lastPart(model.name),
    task: enumWord(Task[model.task], 'TASK_'),
    description: model.description,
    labels: model.labels,
    latestVersion: model.latestVersion,
    aliases: Object.fromEntries(model.aliases.map(({ name, version }) => [lastPart(name), Number(lastPart(version))])),
    canaries: Object.fromEntries(
      model.aliases.flatMap(({ name, canary }) => (canary ? [[lastPart(name), canaryView(canary)]] : [])),
    ),
    shadows: Object.fromEntries(
      model.aliases.flatMap(({ name, shadowVersion: shadow }) =>
        shadow ? [[lastPart(name), versionNumber(shadow)]] : [],
      ),
    ),
    etag: model.etag,
    deleteTime: isoTime(model.deleteTime),
    createTime: isoTime(model.createTime),
    updateTime: isoTime(model.updateTime),
  };
}

export function aliasView({ name, version, canary, shadowVersion, etag, updateTime }: Alias) {
  return {
    name,
    version,
    canary: canary && canaryView(canary),
    shadowVersion: versionNumber(shadowVersion),
    etag,
    updateTime: isoTime(updateTime),
  };
}

export function canaryView({ version, percent }: Alias_Canary) {
  return { version: Number(lastPart(version)), percent };
}

/** Of a version's resource name; undefined of none. */
export function versionNumber(name: string): number | undefined {
  return name === '' ? undefined : Number(lastPart(name));
}

/** For tables and lists. */
export function canaryText({ version, percent }: ReturnType<typeof canaryView>): string {
  return `${version} (${percent} %)`;
}

export function versionView(version: ModelVersion) {
  return {
    name: version.name,
    version: Number(lastPart(version.name)),
    description: version.description,
    state: enumWord(State[version.state], 'STATE_'),
    aliases: version.aliases,
    parameters: version.parameterCount,
    digest: version.digest,
    files: version.files,
    ...(version.inputSpec && { spec: specFromMessages(version) }),
    architecture: version.architecture,
    members: version.members,
    licence: version.licence,
    lineage: version.lineage,
    tags: Object.fromEntries(Object.entries(version.tags).map(([key, { value }]) => [key, value?.value])),
    etag: version.etag,
    createTime: isoTime(version.createTime),
    deleteTime: isoTime(version.deleteTime),
  };
}

export function eventView(event: Event) {
  const { number, method, resource, actor, reason, requestId, before, after, createTime } = event;
  return { number, time: isoTime(createTime), method, resource, actor, reason, requestId, before, after };
}

export function evaluationView(record: EvaluationRecord) {
  return { ...record, finishTime: isoTime(record.finishTime), createTime: isoTime(record.createTime) };
}

export function comparisonView(record: ComparisonRecord) {
  return { ...record, createTime: isoTime(record.createTime) };
}

export function datasetView(dataset: Dataset) {
  return {
    name: dataset.name,
    id: lastPart(dataset.name),
    digest: dataset.digest,
    labels: dataset.labels,
    width: dataset.width,
    height: dataset.height,
    splits: dataset.splits.map(({ split, sampleCount, classCounts }) => ({
      split: splitWord(split),
      sampleCount,
      classCounts,
    })),
    createTime: isoTime(dataset.createTime),
  };
}

export function runView(run: Run) {
  const accuracy = run.report?.accuracy;
  const matrix = run.report?.confusionMatrix;
  return {
    name: run.name,
    id: Number(lastPart(run.name)),
    model: run.model,
    modelVersion: run.modelVersion,
    modelDigest: run.modelDigest,
    dataset: run.dataset,
    datasetDigest: run.datasetDigest,
    split: splitWord(run.split),
    state: enumWord(RunState[run.state], 'RUN_STATE_'),
    samplesDone: run.samplesDone,
    samplesTotal: run.samplesTotal,
    ...(run.error ? { error: run.error.message } : {}),
    ...(accuracy ? { accuracy } : {}),
    ...(matrix
      ? {
          confusionMatrix: {
            labels: matrix.labels,
            rowsByTrueLabel: matrix.rowsByTrueLabel.map((row) => ({
              trueLabel: row.trueLabel,
              countsByPredictedLabel: row.countsByPredictedLabel,
            })),
          },
        }
      : {}),
    createTime: isoTime(run.createTime),
    startTime: isoTime(run.startTime),
    endTime: isoTime(run.endTime),
  };
}

export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** For tables: to the minute, in UTC. */
export function minute(time: string | undefined): string {
  return time?.slice(0, 16).replace('T', ' ') ?? '';
}

export function isoTime(timestamp: Timestamp | undefined): string | undefined {
  return timestamp && new Date(timestamp.seconds * 1000 + timestamp.nanos / 1e6).toISOString();
}

export function splitWord(split: Split): string {
  return enumWord(Split[split], 'SPLIT_');
}

/** Formats the import command offers, by the word a user types. */
export const FORMATS = { fer2013: DatasetFormat.DATASET_FORMAT_FER2013_CSV } as const;

/** Splits by the word a user types. */
export const SPLIT_WORDS = {
  train: Split.SPLIT_TRAIN,
  validation: Split.SPLIT_VALIDATION,
  test: Split.SPLIT_TEST,
} as const;

function enumWord(name: string | undefined, prefix: string): string {
  return (name ?? 'unknown').replace(prefix, '').toLowerCase();
}
