import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** A shard this process holds: its samples, and the attempt that fences everybody else's writes. */
export interface ClaimedShard {
  readonly run: string;
  readonly shard: number;
  readonly firstSample: number;
  readonly sampleCount: number;
  readonly attempt: number;
}

export interface ScoredSample {
  readonly sample: number;
  readonly trueLabel: number;
  readonly predictedLabel: number;
  readonly probabilities: readonly number[];
}

/** A dead worker's shard is taken over after this; a live one renews well before. */
export const LEASE_SECONDS = 15;

/** Shards of runs: leases, fencing, and predictions written exactly once. */
@Injectable()
export class ShardRepository {
  constructor(readonly dataSource: DataSource) {}

  async create(manager: EntityManager, run: string, samples: number, shardSize: number): Promise<void> {
    await manager.query(
      `INSERT INTO run_shard (run, shard, first_sample, sample_count)
       SELECT $1, first / $3, first, least($3, $2 - first) FROM generate_series(0, $2 - 1, $3) AS first`,
      [run, samples, shardSize],
    );
  }

  /** Takes a shard that nobody holds, if there is one. */
  async claim(run: string): Promise<ClaimedShard | undefined> {
    const [rows]: [ClaimedShard[], number] = await this.dataSource.query(
      `UPDATE run_shard SET attempt = attempt + 1, lease_until = now() + make_interval(secs => $2)
       WHERE (run, shard) IN (
         SELECT run, shard FROM run_shard
         WHERE run = $1 AND NOT done AND (lease_until IS NULL OR lease_until < now())
         ORDER BY shard LIMIT 1 FOR UPDATE SKIP LOCKED
       )
       RETURNING run, shard, first_sample AS "firstSample", sample_count AS "sampleCount", attempt`,
      [run, LEASE_SECONDS],
    );
    return rows[0];
  }

  async renew({ run, shard, attempt }: ClaimedShard): Promise<void> {
    await this.dataSource.query(
      `UPDATE run_shard SET lease_until = now() + make_interval(secs => $4) WHERE run = $1 AND shard = $2 AND attempt = $3 AND NOT done`,
      [run, shard, attempt, LEASE_SECONDS],
    );
  }

  /** Lets go of a shard unfinished, so that another worker can take it at once. */
  async release({ run, shard, attempt }: ClaimedShard): Promise<void> {
    await this.dataSource.query(
      `UPDATE run_shard SET lease_until = NULL WHERE run = $1 AND shard = $2 AND attempt = $3 AND NOT done`,
      [run, shard, attempt],
    );
  }

  /**
   * Stores a shard's predictions and its end together. @returns false, with nothing written, if another attempt has taken over.
   */
  async complete({ run, shard, attempt }: ClaimedShard, scored: readonly ScoredSample[]): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [, held]: [unknown[], number] = await manager.query(
        `UPDATE run_shard SET done = true, lease_until = NULL WHERE run = $1 AND shard = $2 AND attempt = $3 AND NOT done`,
        [run, shard, attempt],
      );
      if (held === 0) return false;
      await manager.query(
        `INSERT INTO prediction (run, sample, true_label, predicted_label, probabilities)
         SELECT $1, sample, "trueLabel", "predictedLabel", probabilities
         FROM jsonb_to_recordset($2::jsonb)
           AS scored (sample integer, "trueLabel" smallint, "predictedLabel" smallint, probabilities real[])`,
        [run, JSON.stringify(scored)],
      );
      return true;
    });
  }

  async unfinished(run: string): Promise<number> {
    const [{ count }] = await this.dataSource.query(
      `SELECT count(*)::integer AS count FROM run_shard WHERE run = $1 AND NOT done`,
      [run],
    );
    return count;
  }
}
