import { Injectable } from '@nestjs/common';
import type { Approval, EvaluationRecord } from '@resmask/contracts/registry.v1';
import { formatVersionName } from '@resmask/resource-names';
import { fromTimestamp, toTimestamp } from '@resmask/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import type { FoundVersion } from '../version/version.repository.js';

const hex = (digest: string): Buffer => Buffer.from(digest, 'hex');

interface EvaluationRow {
  readonly id: string;
  readonly dataset: string;
  readonly dataset_digest: Buffer;
  readonly split: string;
  readonly protocol_digest: Buffer;
  readonly predictions_digest: Buffer;
  readonly run: string;
  readonly sample_count: string;
  readonly correct_count: string;
  readonly metrics: Record<string, number>;
  readonly finish_time: Date;
  readonly recorder: string;
  readonly create_time: Date;
}

/** Evaluations and approvals as they are kept. */
@Injectable()
export class FactsRepository {
  constructor(readonly dataSource: DataSource) {}

  async addEvaluation(
    manager: EntityManager,
    found: FoundVersion,
    record: EvaluationRecord,
    recorder: string,
  ): Promise<EvaluationRecord> {
    const { model, version } = found.version;
    const [row]: EvaluationRow[] = await manager.query(
      `INSERT INTO evaluation_record (model, version, dataset, dataset_digest, split, protocol_digest, predictions_digest, run,
           sample_count, correct_count, metrics, finish_time, recorder)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING *`,
      [
        model,
        version,
        record.dataset,
        hex(record.datasetDigest),
        record.split,
        hex(record.protocolDigest),
        hex(record.predictionsDigest),
        record.run,
        record.sampleCount,
        record.correctCount,
        JSON.stringify(record.metrics),
        fromTimestamp(record.finishTime ?? { seconds: 0, nanos: 0 }),
        recorder,
      ],
    );
    return toEvaluation(found, row);
  }

  /** Newest first, before the given id. */
  async evaluations(
    found: FoundVersion,
    before: number | undefined,
    limit: number,
  ): Promise<{ id: string; record: EvaluationRecord }[]> {
    const { model, version } = found.version;
    const rows: EvaluationRow[] = await this.dataSource.query(
      `SELECT * FROM evaluation_record WHERE model = $1 AND version = $2 AND ($3::bigint IS NULL OR id < $3::bigint)
         ORDER BY id DESC LIMIT $4`,
      [model, version, before ?? null, limit],
    );
    return rows.map((row) => ({ id: row.id, record: toEvaluation(found, row) }));
  }

  /** Whoever has approved before has, with the first comment. */
  async approve(
    manager: EntityManager,
    found: FoundVersion,
    { alias, approver, comment }: { readonly alias: string; readonly approver: string; readonly comment: string },
  ): Promise<Approval> {
    const { model, version } = found.version;
    await manager.query(
      `INSERT INTO approval (model, version, alias, approver, comment) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT approval_once DO NOTHING`,
      [model, version, alias, approver, comment],
    );
    const [kept] = await manager.query(
      'SELECT comment, create_time FROM approval WHERE model = $1 AND version = $2 AND alias = $3 AND approver = $4',
      [model, version, alias, approver],
    );
    const { comment: first, create_time } = kept;
    return { version: nameOf(found), aliasId: alias, approver, comment: first, createTime: toTimestamp(create_time) };
  }
}

function toEvaluation(found: FoundVersion, row: EvaluationRow): EvaluationRecord {
  return {
    version: nameOf(found),
    versionDigest: found.version.digest.toString('hex'),
    dataset: row.dataset,
    datasetDigest: row.dataset_digest.toString('hex'),
    split: row.split,
    protocolDigest: row.protocol_digest.toString('hex'),
    predictionsDigest: row.predictions_digest.toString('hex'),
    run: row.run,
    sampleCount: Number(row.sample_count),
    correctCount: Number(row.correct_count),
    metrics: row.metrics,
    finishTime: toTimestamp(row.finish_time),
    recorder: row.recorder,
    createTime: toTimestamp(row.create_time),
  };
}

function nameOf({ model, version }: FoundVersion): string {
  return formatVersionName({ namespace: model.namespace, model: model.modelId, version: version.version });
}
