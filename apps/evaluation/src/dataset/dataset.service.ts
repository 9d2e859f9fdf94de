import { Injectable } from '@nestjs/common';
import type {
  Dataset,
  GetDatasetRequest,
  ListDatasetsRequest,
  ListDatasetsResponse,
} from '@resmask/contracts/evaluation.v1alpha1';
import { parseDatasetName, parseNamespace } from '@resmask/resource-names';
import { cutPage, readPage } from '@resmask/service-kit';
import { toDatasetMessage } from './dataset.messages.js';
import { DatasetRepository } from './dataset.repository.js';

/** Reads data sets. */
@Injectable()
export class DatasetService {
  constructor(readonly datasets: DatasetRepository) {}

  async get({ name }: GetDatasetRequest): Promise<Dataset> {
    return toDatasetMessage(await this.datasets.get(parseDatasetName(name)));
  }

  async list(request: ListDatasetsRequest): Promise<ListDatasetsResponse> {
    const namespace = parseNamespace(request.parent);
    const scope = ['datasets', namespace];
    const page = readPage(request, scope);
    const rows = await this.datasets.list(namespace, page.after, page.size + 1);
    const { shown, nextPageToken } = cutPage(rows, page.size, scope, (last) => last.datasetId);
    return {
      datasets: shown.map(toDatasetMessage),
      nextPageToken,
    };
  }
}
