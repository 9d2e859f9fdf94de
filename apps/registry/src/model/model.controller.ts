import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  CreateModelRequest,
  DeleteModelRequest,
  GetModelRequest,
  ListModelsRequest,
  ListModelsResponse,
  Model,
  UndeleteModelRequest,
  UpdateModelRequest,
} from '@resmask/contracts/registry.v1';
import { ModelService } from './model.service.js';

@Controller()
export class ModelController {
  constructor(readonly models: ModelService) {}

  @GrpcMethod('RegistryService', 'createModel')
  create(request: CreateModelRequest): Promise<Model> {
    return this.models.create(request);
  }

  @GrpcMethod('RegistryService', 'getModel')
  get(request: GetModelRequest): Promise<Model> {
    return this.models.get(request);
  }

  @GrpcMethod('RegistryService', 'listModels')
  list(request: ListModelsRequest): Promise<ListModelsResponse> {
    return this.models.list(request);
  }

  @GrpcMethod('RegistryService', 'updateModel')
  update(request: UpdateModelRequest): Promise<Model> {
    return this.models.update(request);
  }

  @GrpcMethod('RegistryService', 'deleteModel')
  delete(request: DeleteModelRequest): Promise<Model> {
    return this.models.delete(request);
  }

  @GrpcMethod('RegistryService', 'undeleteModel')
  undelete(request: UndeleteModelRequest): Promise<Model> {
    return this.models.undelete(request);
  }
}
