import type { ServerWritableStream } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
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
import { Streams } from '@resmask/service-kit';
import type { Observable } from 'rxjs';
import { RunService } from './run.service.js';

@Controller()
export class RunController {
  constructor(
    readonly runs: RunService,
    readonly streams: Streams,
  ) {}

  @GrpcMethod('EvaluationService', 'createRun')
  create(request: CreateRunRequest): Promise<Run> {
    return this.runs.create(request);
  }

  @GrpcMethod('EvaluationService', 'getRun')
  get(request: GetRunRequest): Promise<Run> {
    return this.runs.get(request);
  }

  @GrpcMethod('EvaluationService', 'listRuns')
  list(request: ListRunsRequest): Promise<ListRunsResponse> {
    return this.runs.list(request);
  }

  @GrpcMethod('EvaluationService', 'watchRun')
  watch(
    request: WatchRunRequest,
    _metadata: unknown,
    call: ServerWritableStream<WatchRunRequest, WatchRunResponse>,
  ): Promise<Observable<never>> {
    return this.streams.emit(call, this.runs.watch(request));
  }

  @GrpcMethod('EvaluationService', 'listPredictions')
  predictions(request: ListPredictionsRequest): Promise<ListPredictionsResponse> {
    return this.runs.predictions(request);
  }
}
