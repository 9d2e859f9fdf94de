import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Streams } from '@resmask/service-kit';
import { AliasController } from './alias/alias.controller.js';
import { AliasRepository } from './alias/alias.repository.js';
import { AliasService } from './alias/alias.service.js';
import { AliasMoves } from './alias/alias-moves.js';
import { Changes } from './change/changes.js';
import { Idempotency } from './change/idempotency.js';
import { EventController } from './event/event.controller.js';
import { EventRepository } from './event/event.repository.js';
import { EventService } from './event/event.service.js';
import { EventFeed } from './event/event-feed.js';
import { ModelController } from './model/model.controller.js';
import { ModelRepository } from './model/model.repository.js';
import { ModelService } from './model/model.service.js';
import { VersionController } from './version/version.controller.js';
import { VersionRepository } from './version/version.repository.js';
import { VersionService } from './version/version.service.js';
import { VersionLifecycle } from './version/version-lifecycle.js';
import { VersionUpload } from './version/version-upload.js';

@Module({})
export class RegistryModule {
  /** @param parts what the process made at start: data source, store, limits, drain, error table */
  static with(parts: Provider[]): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [ModelController, VersionController, AliasController, EventController],
      providers: [
        ...parts,
        Streams,
        Idempotency,
        Changes,
        ModelRepository,
        ModelService,
        VersionRepository,
        VersionService,
        VersionLifecycle,
        VersionUpload,
        AliasRepository,
        AliasMoves,
        AliasService,
        EventRepository,
        EventFeed,
        EventService,
      ],
    };
  }
}
