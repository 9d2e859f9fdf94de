import {
  type Dataset,
  type DatasetFormat,
  EvaluationServiceClient,
  type ImportDatasetRequest,
  type ImportDatasetResponse,
  type Prediction,
  Run,
  type Split,
} from '@resmask/contracts/evaluation.v1alpha1';
import { type Channel, callUnary, openChannel } from './channel.js';
import type { ConnectOptions } from './connect-options.js';
import { allPages } from './pages.js';
import { ResmaskError } from './resmask-error.js';
import { type Progress, upload } from './upload.js';

const PREDICTIONS_PER_PAGE = 5000;

export interface ImportOptions {
  readonly skipBadRows?: boolean;
  readonly onProgress?: Progress;
}

/** Data sets and runs. Every method throws ResmaskError. */
export class EvaluationClient {
  readonly #channel: Channel<EvaluationServiceClient>;

  constructor(address: string, options: ConnectOptions = {}) {
    this.#channel = openChannel(EvaluationServiceClient, address, options);
  }

  importDataset(
    parent: string,
    datasetId: string,
    format: DatasetFormat,
    bytes: AsyncIterable<Uint8Array>,
    { skipBadRows = false, onProgress }: ImportOptions = {},
  ): Promise<ImportDatasetResponse> {
    return upload(
      this.#client,
      this.#client.importDataset,
      { step: { $case: 'start', value: { parent, datasetId, format, skipBadRows, requestId: '' } } },
      bytes,
      (value): ImportDatasetRequest => ({ step: { $case: 'chunk', value } }),
      onProgress,
    );
  }

  getDataset(name: string): Promise<Dataset> {
    return callUnary(this.#channel, this.#client.getDataset, { name });
  }

  listDatasets(parent: string): AsyncGenerator<Dataset> {
    return allPages(async (pageToken) => {
      const page = await callUnary(this.#channel, this.#client.listDatasets, { parent, pageSize: 0, pageToken });
      return { items: page.datasets, nextPageToken: page.nextPageToken };
    });
  }

  createRun(parent: string, model: string, dataset: string, split: Split, requestId = ''): Promise<Run> {
    const run = Run.fromPartial({ model, dataset, split });
    return callUnary(this.#channel, this.#client.createRun, { parent, run, requestId });
  }

  getRun(name: string): Promise<Run> {
    return callUnary(this.#channel, this.#client.getRun, { name });
  }

  listRuns(parent: string): AsyncGenerator<Run> {
    return allPages(async (pageToken) => {
      const page = await callUnary(this.#channel, this.#client.listRuns, { parent, pageSize: 0, pageToken });
      return { items: page.runs, nextPageToken: page.nextPageToken };
    });
  }

  /** The run now and after every change, until it has ended. */
  async *watchRun(name: string): AsyncGenerator<Run> {
    const call = this.#client.watchRun({ name });
    try {
      for await (const { run } of call) if (run) yield run;
    } catch (error) {
      throw ResmaskError.from(error);
    } finally {
      call.cancel();
    }
  }

  listPredictions(parent: string): AsyncGenerator<Prediction> {
    return allPages(async (pageToken) => {
      const request = { parent, pageSize: PREDICTIONS_PER_PAGE, pageToken };
      const page = await callUnary(this.#channel, this.#client.listPredictions, request);
      return { items: page.predictions, nextPageToken: page.nextPageToken };
    });
  }

  close(): void {
    this.#client.close();
  }

  get #client(): EvaluationServiceClient {
    return this.#channel.client;
  }
}
