import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import { translateDatabaseError } from '@resmask/database';
import { type ClassifierLease, Engine, VersionSource } from '@resmask/engine';
import { DomainError, toErrorRecord } from '@resmask/errors';
import type { Logger } from '@resmask/service-kit';
import { ServiceLog } from '@resmask/service-kit';
import { DatasetRepository } from '../dataset/dataset.repository.js';
import { ARTIFACT_STORE, EVALUATION_LIMITS, type EvaluationLimits } from '../evaluation-parts.js';
import { labelOrder } from './label-order.js';
import type { RunEntity } from './run.entity.js';
import { RunRepository } from './run.repository.js';
import { makeReport } from './run-report.js';
import { type SplitSamples, scoreShard } from './score-shard.js';
import { LEASE_SECONDS, ShardRepository } from './shard.repository.js';

const RETRY_MS = 2000;
/** Failures of the surroundings, not of the run: it goes on when they are over. */
const PASSING = new Set(['UNAVAILABLE', 'ABORTED', 'RESOURCE_EXHAUSTED']);

/** Scores runs shard by shard, with as many lanes as there are engine workers. */
@Injectable()
export class RunWorker {
  readonly #logger: Logger;
  readonly #stopping = new AbortController();

  constructor(
    readonly runs: RunRepository,
    readonly shards: ShardRepository,
    readonly datasets: DatasetRepository,
    readonly versions: VersionSource,
    readonly engine: Engine,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
    @Inject(EVALUATION_LIMITS) readonly limits: EvaluationLimits,
    log: ServiceLog,
  ) {
    this.#logger = log.logger;
  }

  /** Makes runs in progress let go of their shards. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Brings a run to its end, or throws when this process is stopping. */
  async process(id: string, jobSignal: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([jobSignal, this.#stopping.signal]);
    for (;;) {
      signal.throwIfAborted();
      try {
        const run = await this.runs.begin(id);
        if (run) await this.#score(run, signal);
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = translateDatabaseError(thrown);
        if (error instanceof DomainError && !PASSING.has(error.code)) {
          this.#logger.error({ run: id, reason: error.reason, text: error.message }, 'run failed');
          await this.runs.fail(id, toErrorRecord(error));
          return;
        }
        this.#logger.warn({ run: id, err: error }, 'run interrupted; it goes on');
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #score(run: RunEntity, signal: AbortSignal): Promise<void> {
    const version = await this.versions.get(run.modelVersion);
    await this.versions.fetch(version);
    const lease = await this.engine.acquire(version);
    try {
      const samples = await this.#samples(run, lease);
      const lanes = Array.from({ length: this.limits.lanes }, () => this.#lane(run, samples, signal));
      await Promise.all(lanes);
    } finally {
      lease.release();
    }
    const pairs = await this.runs.countLabelPairs(run.id);
    await this.runs.succeed(run.id, makeReport(run.dataset.labels, pairs));
    this.#logger.info({ run: run.id, samples: run.samplesTotal }, 'run succeeded');
  }

  async #samples(run: RunEntity, { classifier }: ClassifierLease): Promise<SplitSamples> {
    const { dataset } = run;
    const split = this.datasets.split(dataset, run.split);
    return {
      classifier,
      order: labelOrder(classifier.version, dataset.labels),
      width: dataset.width,
      height: dataset.height,
      pixels: await this.store.readAll(split.pixelsSha256.toString('hex')),
      labels: await this.store.readAll(split.labelsSha256.toString('hex')),
    };
  }

  /** Claims and scores shards until none is left; waits for shards that another worker holds. */
  async #lane(run: RunEntity, samples: SplitSamples, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const claimed = await this.shards.claim(run.id);
      if (!claimed) {
        if ((await this.shards.unfinished(run.id)) === 0) return;
        await delay(500, undefined, { signal });
        continue;
      }
      const renewal = setInterval(() => this.shards.renew(claimed).catch(() => {}), (LEASE_SECONDS * 1000) / 3);
      try {
        const scored = await scoreShard(samples, claimed, signal);
        await this.shards.complete(claimed, scored);
      } catch (error) {
        await this.shards.release(claimed).catch(() => {});
        throw error;
      } finally {
        clearInterval(renewal);
      }
    }
  }
}
