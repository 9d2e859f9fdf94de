import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  Dataset,
  GetDatasetRequest,
  ImportDatasetRequest,
  ImportDatasetResponse,
  ListDatasetsRequest,
  ListDatasetsResponse,
} from '@resmask/contracts/evaluation.v1alpha1';
import { Streams } from '@resmask/service-kit';
import { DatasetService } from './dataset.service.js';
import { DatasetImport } from './dataset-import.js';

@Controller()
export class DatasetController {
  constructor(
    readonly datasets: DatasetService,
    readonly imports: DatasetImport,
    readonly streams: Streams,
  ) {}

  @GrpcStreamCall('EvaluationService', 'importDataset')
  import(
    call: ServerReadableStream<ImportDatasetRequest, ImportDatasetResponse>,
    answer: sendUnaryData<ImportDatasetResponse>,
  ): void {
    this.streams.collect(call, answer, () => this.imports.receive(call));
  }

  @GrpcMethod('EvaluationService', 'getDataset')
  get(request: GetDatasetRequest): Promise<Dataset> {
    return this.datasets.get(request);
  }

  @GrpcMethod('EvaluationService', 'listDatasets')
  list(request: ListDatasetsRequest): Promise<ListDatasetsResponse> {
    return this.datasets.list(request);
  }
}
