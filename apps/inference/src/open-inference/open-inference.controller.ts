import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import type {
  ModelConfigRequest,
  ModelConfigResponse,
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataRequest,
  ModelMetadataResponse,
  ModelReadyRequest,
  ModelReadyResponse,
  ModelStatisticsRequest,
  ModelStatisticsResponse,
  ModelStreamInferResponse,
  RepositoryIndexRequest,
  RepositoryIndexResponse,
  RepositoryModelLoadRequest,
  RepositoryModelUnloadRequest,
} from '@resmask/contracts/open-inference';
import { Streams } from '@resmask/service-kit';
import { InferStreams } from './infer-streams.js';
import { ModelService } from './model-service.js';
import { TensorInference } from './tensor-inference.js';

const SERVICE = 'GRPCInferenceService';

/** Models and their tensors. */
@Controller()
export class OpenInferenceController {
  constructor(
    readonly models: ModelService,
    readonly inference: TensorInference,
    readonly inferStreams: InferStreams,
    readonly streams: Streams,
  ) {}

  @GrpcMethod(SERVICE, 'modelReady')
  async modelReady({ name, version }: ModelReadyRequest): Promise<ModelReadyResponse> {
    return { ready: await this.models.isReady(name, version) };
  }

  @GrpcMethod(SERVICE, 'modelMetadata')
  modelMetadata({ name, version }: ModelMetadataRequest): Promise<ModelMetadataResponse> {
    return this.models.metadata(name, version);
  }

  @GrpcMethod(SERVICE, 'modelConfig')
  async modelConfig({ name, version }: ModelConfigRequest): Promise<ModelConfigResponse> {
    return { config: await this.models.config(name, version) };
  }

  @GrpcMethod(SERVICE, 'modelStatistics')
  async modelStatistics({ name, version }: ModelStatisticsRequest): Promise<ModelStatisticsResponse> {
    return { modelStats: await this.models.statisticsOf(name, version) };
  }

  @GrpcMethod(SERVICE, 'repositoryIndex')
  async repositoryIndex({ repositoryName, ready }: RepositoryIndexRequest): Promise<RepositoryIndexResponse> {
    return { models: await this.models.index(repositoryName, ready) };
  }

  @GrpcMethod(SERVICE, 'repositoryModelLoad')
  async repositoryModelLoad(request: RepositoryModelLoadRequest): Promise<object> {
    await this.models.load(request);
    return {};
  }

  @GrpcMethod(SERVICE, 'repositoryModelUnload')
  async repositoryModelUnload(request: RepositoryModelUnloadRequest): Promise<object> {
    await this.models.unload(request);
    return {};
  }

  @GrpcMethod(SERVICE, 'modelInfer')
  modelInfer(
    request: ModelInferRequest,
    _metadata: unknown,
    call: ServerUnaryCall<ModelInferRequest, ModelInferResponse>,
  ): Promise<ModelInferResponse> {
    const abort = new AbortController();
    call.on('cancelled', () => abort.abort());
    return this.inference.infer(request, abort.signal);
  }

  @GrpcStreamCall(SERVICE, 'modelStreamInfer')
  modelStreamInfer(call: ServerDuplexStream<ModelInferRequest, ModelStreamInferResponse>): void {
    this.streams.duplex(call, () => this.inferStreams.serve(call));
  }
}
