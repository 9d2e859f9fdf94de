import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  ListServedModelsRequest,
  ListServedModelsResponse,
  LoadModelRequest,
  LoadModelResponse,
  UnloadModelRequest,
  UnloadModelResponse,
} from '@resmask/contracts/inference.v1';
import { ServedModelService } from './served-model.service.js';

@Controller()
export class ModelController {
  constructor(readonly models: ServedModelService) {}

  @GrpcMethod('InferenceService', 'listServedModels')
  async list({ parent }: ListServedModelsRequest): Promise<ListServedModelsResponse> {
    return { servedModels: await this.models.list(parent) };
  }

  @GrpcMethod('InferenceService', 'loadModel')
  async load(request: LoadModelRequest): Promise<LoadModelResponse> {
    return { servedModel: await this.models.load(request) };
  }

  @GrpcMethod('InferenceService', 'unloadModel')
  unload(request: UnloadModelRequest): UnloadModelResponse {
    this.models.unload(request);
    return {};
  }
}
