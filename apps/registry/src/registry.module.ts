import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Streams } from '@resmask/service-kit';
import { AliasController } from './alias/alias.controller.js';
import { AliasRepository } from './alias/alias.repository.js';
import { AliasService } from './alias/alias.service.js';
import { AliasMoves } from './alias/alias-moves.js';
import { AliasUpdates } from './alias/alias-updates.js';
import { Blobs } from './artifact/blobs.js';
import { GarbageCollection } from './artifact/garbage-collection.js';
import { Changes } from './change/changes.js';
import { Idempotency } from './change/idempotency.js';
import { EventController } from './event/event.controller.js';
import { EventRepository } from './event/event.repository.js';
import { EventService } from './event/event.service.js';
import { EventFeed } from './event/event-feed.js';
import { ComparisonRepository } from './gate/comparison.repository.js';
import { FactsRepository } from './gate/facts.repository.js';
import { FactsService } from './gate/facts.service.js';
import { GateController } from './gate/gate.controller.js';
import { Gate } from './gate/gate.js';
import { GateRepository } from './gate/gate.repository.js';
import { GatePolicyService } from './gate/gate-policy.service.js';
import { ModelController } from './model/model.controller.js';
import { ModelRepository } from './model/model.repository.js';
import { ModelService } from './model/model.service.js';
import { UploadController } from './upload/upload.controller.js';
import { UploadRepository } from './upload/upload.repository.js';
import { UploadService } from './upload/upload.service.js';
import { GraphInspection } from './version/graph-inspection.js';
import { VersionController } from './version/version.controller.js';
import { VersionRepository } from './version/version.repository.js';
import { VersionService } from './version/version.service.js';
import { VersionCreation } from './version/version-creation.js';
import { VersionLifecycle } from './version/version-lifecycle.js';
import { VersionPublishing } from './version/version-publishing.js';
import { VersionUpload } from './version/version-upload.js';

@Module({})
export class RegistryModule {
  /** @param parts what the process made at start: data source, store, limits, drain, error table */
  static with(parts: Provider[]): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [
        ModelController,
        VersionController,
        AliasController,
        EventController,
        UploadController,
        GateController,
      ],
      providers: [
        ...parts,
        Streams,
        Idempotency,
        Changes,
        ModelRepository,
        ModelService,
        VersionRepository,
        VersionService,
        Blobs,
        GarbageCollection,
        UploadRepository,
        UploadService,
        GraphInspection,
        VersionPublishing,
        VersionCreation,
        VersionLifecycle,
        VersionUpload,
        AliasRepository,
        Gate,
        GateRepository,
        GatePolicyService,
        ComparisonRepository,
        FactsRepository,
        FactsService,
        AliasMoves,
        AliasUpdates,
        AliasService,
        EventRepository,
        EventFeed,
        EventService,
      ],
    };
  }
}
