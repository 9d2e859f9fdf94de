import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Alias, GetAliasRequest, SetAliasRequest } from '@resmask/contracts/registry.v1alpha1';
import { AliasService } from './alias.service.js';

@Controller()
export class AliasController {
  constructor(readonly aliases: AliasService) {}

  @GrpcMethod('RegistryService', 'getAlias')
  get(request: GetAliasRequest): Promise<Alias> {
    return this.aliases.get(request);
  }

  @GrpcMethod('RegistryService', 'setAlias')
  set(request: SetAliasRequest): Promise<Alias> {
    return this.aliases.set(request);
  }
}
