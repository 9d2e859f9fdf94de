import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type {
  CreateRunRequest,
  GetRunRequest,
  ListPredictionsRequest,
  ListPredictionsResponse,
  ListRunsRequest,
  ListRunsResponse,
  Run,
  WatchRunRequest,
  WatchRunResponse,
} from '@resmask/contracts/evaluation.v1alpha1';
import { violates } from '@resmask/database';
import { type LoadableVersion, VersionSource } from '@resmask/engine';
import { DomainError, invalidField } from '@resmask/errors';
import { parseDatasetName, parseNamespace, parseRunName } from '@resmask/resource-names';
import { cutPage, Drain, readNumberedPage } from '@resmask/service-kit';
import { DataSource } from 'typeorm';
import type { DatasetEntity, SplitEntity } from '../dataset/dataset.entity.js';
import { fromSplitMessage } from '../dataset/dataset.messages.js';
import { DatasetRepository } from '../dataset/dataset.repository.js';
import { EVALUATION_LIMITS, type EvaluationLimits } from '../evaluation-parts.js';
import { labelOrder } from './label-order.js';
import { RunEntity } from './run.entity.js';
import { toPredictionMessage, toRunMessage } from './run.messages.js';
import { RunRepository } from './run.repository.js';
import { RunQueue } from './run-queue.js';
import { ShardRepository } from './shard.repository.js';

const WATCH_INTERVAL_MS = 300;
const PREDICTION_PAGES = { default: 500, max: 5000 };
/** What the column of a sample's number holds. */
const MAX_SAMPLE = 2 ** 31 - 1;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

interface NewRun {
  readonly namespace: string;
  readonly requestId: string | null;
  readonly model: string;
  readonly version: LoadableVersion;
  readonly dataset: DatasetEntity;
  readonly split: SplitEntity;
}

/** Creates and reads runs. */
@Injectable()
export class RunService {
  constructor(
    readonly dataSource: DataSource,
    readonly runs: RunRepository,
    readonly shards: ShardRepository,
    readonly datasets: DatasetRepository,
    readonly versions: VersionSource,
    readonly queue: RunQueue,
    readonly drain: Drain,
    @Inject(EVALUATION_LIMITS) readonly limits: EvaluationLimits,
  ) {}

  async create(request: CreateRunRequest): Promise<Run> {
    const namespace = parseNamespace(request.parent);
    if (!request.run) throw invalidField('run', 'it is not set');
    const { model } = request.run;
    const split = fromSplitMessage(request.run.split, 'run.split');
    const datasetName = parseDatasetName(request.run.dataset, 'run.dataset');
    const requestId = checkRequestId(request.requestId);
    const dataset = await this.datasets.get(datasetName);
    const { version } = await this.versions.resolve(request.parent, model);
    // Told now rather than by a failed run.
    labelOrder(version, dataset.labels);
    const run: NewRun = { namespace, requestId, model, version, dataset, split: this.datasets.split(dataset, split) };
    const id = await this.#insertOnce(run);
    return this.get({ name: `${request.parent}/runs/${id}` });
  }

  async get({ name }: GetRunRequest): Promise<Run> {
    return toRunMessage(await this.runs.get(parseRunName(name)));
  }

  async list(request: ListRunsRequest): Promise<ListRunsResponse> {
    const namespace = parseNamespace(request.parent);
    const scope = ['runs', namespace];
    const page = readNumberedPage(request, scope, Number.MAX_SAFE_INTEGER);
    const rows = await this.runs.list(namespace, page.after, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.run.id);
    return {
      runs: shown.map(toRunMessage),
      nextPageToken,
    };
  }

  /** The run now and after every change, until it has ended. @throws DomainError DRAINING when this process stops. */
  async *watch({ name }: WatchRunRequest): AsyncGenerator<WatchRunResponse> {
    let last = '';
    for (;;) {
      const found = await this.runs.get(parseRunName(name));
      const { state, revision } = found.run;
      const now = `${revision}/${found.samplesDone}`;
      if (now !== last) yield { run: toRunMessage(found) };
      last = now;
      if (state === 'succeeded' || state === 'failed') return;
      if (this.drain.signal.aborted) {
        throw new DomainError('DRAINING', 'this server is stopping; watch again', { retryAfterMs: 500 });
      }
      await delay(WATCH_INTERVAL_MS, undefined, { signal: this.drain.signal }).catch(() => {});
    }
  }

  async predictions(request: ListPredictionsRequest): Promise<ListPredictionsResponse> {
    const { run } = await this.runs.get(parseRunName(request.parent, 'parent'));
    const scope = ['predictions', request.parent];
    const page = readNumberedPage(request, scope, MAX_SAMPLE, PREDICTION_PAGES);
    const rows = await this.runs.predictions(run.id, page.after ?? -1, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => String(last.sample));
    return {
      predictions: shown.map(toPredictionMessage),
      nextPageToken,
    };
  }

  /** Inserts run, shards and job together; a repeated request id gives the run it made before. */
  async #insertOnce(run: NewRun): Promise<string> {
    try {
      return await this.#insert(run);
    } catch (error) {
      if (!run.requestId || !violates(error, 'run_request')) throw error;
      const before = await this.runs.findByRequest(run.namespace, run.requestId);
      if (before && sameQuestion(before, run)) return before.id;
      throw new DomainError(
        'REQUEST_ID_REUSED',
        `request_id ${run.requestId} was used for another run; use a new UUID`,
      );
    }
  }

  #insert({ namespace, requestId, model, version, dataset, split }: NewRun): Promise<string> {
    return this.dataSource.transaction(async (manager) => {
      const { raw } = await manager.insert(RunEntity, {
        namespace,
        requestId,
        model,
        modelVersion: version.name,
        modelDigest: Buffer.from(version.digest, 'hex'),
        datasetId: dataset.id,
        split: split.split,
        samplesTotal: split.sampleCount,
      });
      const id: string = raw[0].id;
      await this.shards.create(manager, id, split.sampleCount, this.limits.shardSize);
      await this.queue.add(id, manager);
      return id;
    });
  }
}

function sameQuestion(before: RunEntity, { model, dataset, split }: NewRun): boolean {
  return before.model === model && before.datasetId === dataset.id && before.split === split.split;
}

function checkRequestId(requestId: string): string | null {
  if (requestId === '') return null;
  if (!UUID.test(requestId)) throw invalidField('request_id', `got "${requestId}"; a UUID is needed`);
  return requestId;
}
