import { Injectable } from '@nestjs/common';
import type { ComparisonRecord } from '@resmask/contracts/registry.v1';
import { formatVersionName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import type { FoundVersion } from '../version/version.repository.js';

const hex = (digest: string): Buffer => Buffer.from(digest, 'hex');

interface ComparisonRow {
  readonly id: string;
  readonly baseline_namespace: string;
  readonly baseline_model_id: string;
  readonly baseline_version: number;
  readonly dataset: string;
  readonly dataset_digest: Buffer;
  readonly split: string;
  readonly protocol_digest: Buffer;
  readonly predictions_digest: Buffer;
  readonly baseline_predictions_digest: Buffer;
  readonly sample_count: string;
  readonly only_version_correct_count: string;
  readonly only_baseline_correct_count: string;
  readonly recorder: string;
  readonly create_time: Date;
}

/** Comparisons of versions with others as they are kept. */
@Injectable()
export class ComparisonRepository {
  constructor(readonly dataSource: DataSource) {}

  async add(
    manager: EntityManager,
    { version: { model, version } }: FoundVersion,
    { version: baseline }: FoundVersion,
    record: ComparisonRecord,
    recorder: string,
  ): Promise<ComparisonRecord> {
    const [{ create_time }] = await manager.query(
      `INSERT INTO comparison_record (model, version, baseline_model, baseline_version, dataset, dataset_digest, split, protocol_digest,
           predictions_digest, baseline_predictions_digest, sample_count, only_version_correct_count, only_baseline_correct_count,
           recorder)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING create_time`,
      [
        model,
        version,
        baseline.model,
        baseline.version,
        record.dataset,
        hex(record.datasetDigest),
        record.split,
        hex(record.protocolDigest),
        hex(record.predictionsDigest),
        hex(record.baselinePredictionsDigest),
        record.sampleCount,
        record.onlyVersionCorrectCount,
        record.onlyBaselineCorrectCount,
        recorder,
      ],
    );
    return { ...record, recorder, createTime: toTimestamp(create_time) };
  }

  /** Newest first, before the given id. */
  async list(
    found: FoundVersion,
    before: number | undefined,
    limit: number,
  ): Promise<{ id: string; record: ComparisonRecord }[]> {
    const { model, version } = found.version;
    const rows: ComparisonRow[] = await this.dataSource.query(
      `SELECT c.*, b.namespace AS baseline_namespace, b.model_id AS baseline_model_id
         FROM comparison_record c JOIN model b ON b.id = c.baseline_model
         WHERE c.model = $1 AND c.version = $2 AND ($3::bigint IS NULL OR c.id < $3::bigint) ORDER BY c.id DESC LIMIT $4`,
      [model, version, before ?? null, limit],
    );
    return rows.map((row) => ({ id: row.id, record: toComparison(found, row) }));
  }
}

function toComparison({ model, version }: FoundVersion, row: ComparisonRow): ComparisonRecord {
  return {
    version: formatVersionName({ namespace: model.namespace, model: model.modelId, version: version.version }),
    baseline: formatVersionName({
      namespace: row.baseline_namespace,
      model: row.baseline_model_id,
      version: row.baseline_version,
    }),
    dataset: row.dataset,
    datasetDigest: row.dataset_digest.toString('hex'),
    split: row.split,
    protocolDigest: row.protocol_digest.toString('hex'),
    predictionsDigest: row.predictions_digest.toString('hex'),
    baselinePredictionsDigest: row.baseline_predictions_digest.toString('hex'),
    sampleCount: Number(row.sample_count),
    onlyVersionCorrectCount: Number(row.only_version_correct_count),
    onlyBaselineCorrectCount: Number(row.only_baseline_correct_count),
    recorder: row.recorder,
    createTime: toTimestamp(row.create_time),
  };
}
