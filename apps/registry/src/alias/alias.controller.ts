import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Empty } from '@resmask/contracts/google.protobuf/empty';
import type {
  Alias,
  DeleteAliasRequest,
  GetAliasRequest,
  ListAliasEventsRequest,
  ListAliasEventsResponse,
  ListAliasesRequest,
  ListAliasesResponse,
  RollbackAliasRequest,
  SetAliasRequest,
  UpdateAliasRequest,
} from '@resmask/contracts/registry.v1';
import { AliasService } from './alias.service.js';

@Controller()
export class AliasController {
  constructor(readonly aliases: AliasService) {}

  @GrpcMethod('RegistryService', 'getAlias')
  get(request: GetAliasRequest): Promise<Alias> {
    return this.aliases.get(request);
  }

  @GrpcMethod('RegistryService', 'listAliases')
  list(request: ListAliasesRequest): Promise<ListAliasesResponse> {
    return this.aliases.list(request);
  }

  @GrpcMethod('RegistryService', 'setAlias')
  set(request: SetAliasRequest): Promise<Alias> {
    return this.aliases.set(request);
  }

  @GrpcMethod('RegistryService', 'updateAlias')
  update(request: UpdateAliasRequest): Promise<Alias> {
    return this.aliases.update(request);
  }

  @GrpcMethod('RegistryService', 'rollbackAlias')
  rollback(request: RollbackAliasRequest): Promise<Alias> {
    return this.aliases.rollback(request);
  }

  @GrpcMethod('RegistryService', 'deleteAlias')
  delete(request: DeleteAliasRequest): Promise<Empty> {
    return this.aliases.delete(request);
  }

  @GrpcMethod('RegistryService', 'listAliasEvents')
  history(request: ListAliasEventsRequest): Promise<ListAliasEventsResponse> {
    return this.aliases.history(request);
  }
}
