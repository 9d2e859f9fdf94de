import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Streams } from '@resmask/service-kit';
import { AliasController } from './alias/alias.controller.js';
import { AliasService } from './alias/alias.service.js';
import { Idempotency } from './idempotency/idempotency.js';
import { ModelController } from './model/model.controller.js';
import { ModelRepository } from './model/model.repository.js';
import { ModelService } from './model/model.service.js';
import { VersionController } from './version/version.controller.js';
import { VersionRepository } from './version/version.repository.js';
import { VersionService } from './version/version.service.js';
import { VersionUpload } from './version/version-upload.js';

@Module({})
export class RegistryModule {
  /** @param parts what the process made at start: data source, store, limits, drain, error table */
  static with(parts: Provider[]): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [ModelController, VersionController, AliasController],
      providers: [
        ...parts,
        Streams,
        Idempotency,
        ModelRepository,
        ModelService,
        VersionRepository,
        VersionService,
        VersionUpload,
        AliasService,
      ],
    };
  }
}
