import { Injectable } from '@nestjs/common';
import { DomainError, type ErrorRecord } from '@resmask/errors';
import { formatRunName, type RunName } from '@resmask/resource-names';
import { DataSource, type EntityManager, In, LessThan, MoreThan } from 'typeorm';
import { PredictionEntity, RunEntity } from './run.entity.js';
import type { FoundRun } from './run.messages.js';
import type { LabelPairCount, RunReport } from './run-report.js';

/** Stores and reads runs. */
@Injectable()
export class RunRepository {
  constructor(readonly dataSource: DataSource) {}

  /** @throws DomainError RUN_NOT_FOUND. */
  async get({ namespace, run: id }: RunName, manager: EntityManager = this.dataSource.manager): Promise<FoundRun> {
    const run = await manager.findOne(RunEntity, {
      where: { namespace, id: String(id) },
      relations: { dataset: true },
    });
    if (!run) {
      throw new DomainError('RUN_NOT_FOUND', `there is no run ${id} in namespace "${namespace}"`, {
        resource: { type: 'evaluation.resmask.dev/Run', name: formatRunName({ namespace, run: id }) },
      });
    }
    const [found] = await this.#withProgress([run], manager);
    return found;
  }

  async findByRequest(namespace: string, requestId: string): Promise<RunEntity | null> {
    return this.dataSource.manager.findOneBy(RunEntity, { namespace, requestId });
  }

  /** Runs of a namespace, newest first, before the given id. */
  async list(namespace: string, before: number | undefined, limit: number): Promise<FoundRun[]> {
    const runs = await this.dataSource.manager.find(RunEntity, {
      where: { namespace, ...(before === undefined ? {} : { id: LessThan(String(before)) }) },
      relations: { dataset: true },
      order: { id: 'DESC' },
      take: limit,
    });
    return this.#withProgress(runs, this.dataSource.manager);
  }

  /** Ids of runs that have not ended. */
  async unfinished(): Promise<string[]> {
    const runs = await this.dataSource.manager.find(RunEntity, {
      select: { id: true },
      where: { state: In(['queued', 'running']) },
      order: { id: 'ASC' },
    });
    return runs.map(({ id }) => id);
  }

  /** A run for a worker, marked as running; undefined if it has ended. */
  async begin(id: string): Promise<RunEntity | undefined> {
    await this.dataSource.query(
      `UPDATE run SET state = 'running', start_time = now(), revision = revision + 1 WHERE id = $1 AND state = 'queued'`,
      [id],
    );
    const run = await this.dataSource.manager.findOne(RunEntity, {
      where: { id, state: 'running' },
      relations: { dataset: { splits: true } },
    });
    return run ?? undefined;
  }

  /** Ends a run once; a second end changes nothing. */
  async succeed(id: string, report: RunReport): Promise<void> {
    await this.dataSource.query(
      `UPDATE run SET state = 'succeeded', report = $2, end_time = now(), revision = revision + 1 WHERE id = $1 AND state = 'running'`,
      [id, JSON.stringify(report)],
    );
  }

  async fail(id: string, error: ErrorRecord): Promise<void> {
    await this.dataSource.query(
      `UPDATE run SET state = 'failed', error = $2, end_time = now(), revision = revision + 1
       WHERE id = $1 AND state IN ('queued', 'running')`,
      [id, JSON.stringify(error)],
    );
  }

  async countLabelPairs(id: string): Promise<LabelPairCount[]> {
    return this.dataSource.query(
      `SELECT true_label AS "trueLabel", predicted_label AS "predictedLabel", count(*)::integer AS count
       FROM prediction WHERE run = $1 GROUP BY true_label, predicted_label`,
      [id],
    );
  }

  /** Predictions in the order of the samples, after the given one. */
  predictions(id: string, after: number, limit: number): Promise<PredictionEntity[]> {
    return this.dataSource.manager.find(PredictionEntity, {
      where: { run: id, sample: MoreThan(after) },
      order: { sample: 'ASC' },
      take: limit,
    });
  }

  async #withProgress(runs: readonly RunEntity[], manager: EntityManager): Promise<FoundRun[]> {
    const rows: { run: string; done: number }[] = await manager.query(
      `SELECT run, sum(sample_count)::integer AS done FROM run_shard WHERE run = ANY($1) AND done GROUP BY run`,
      [runs.map(({ id }) => id)],
    );
    const done = new Map(rows.map((row) => [row.run, row.done]));
    return runs.map((run) => ({ run, samplesDone: done.get(run.id) ?? 0 }));
  }
}
