import { openArtifactStore } from '@resmask/artifacts';
import { assertMigrated, migrate, openDataSource, translateDatabaseError, watchDatabase } from '@resmask/database';
import { registryMigrations, registrySchema } from '@resmask/migrations/registry';
import {
  CallErrors,
  type Config,
  createLogger,
  Drain,
  Readiness,
  type RunningService,
  ServiceLog,
  startService,
  type Telemetry,
} from '@resmask/service-kit';
import { DataSource } from 'typeorm';
import { AliasEntity, AliasEventEntity } from './alias/alias.entity.js';
import { ModelEntity } from './model/model.entity.js';
import { RegistryModule } from './registry.module.js';
import { startJobs } from './registry-jobs.js';
import { ARTIFACT_STORE, UPLOAD_LIMITS } from './registry-parts.js';
import { registryPolicy } from './registry-policy.js';
import { registryService } from './registry-service.js';
import type { registrySettings } from './registry-settings.js';
import {
  ArtifactBlobEntity,
  EnsembleMemberEntity,
  VersionEntity,
  VersionFileEntity,
} from './version/version.entity.js';

export const REGISTRY_SERVICES = { 'resmask.registry.v1.RegistryService': registryService };
export const REGISTRY_POLICIES = { 'resmask.registry.v1.RegistryService': registryPolicy };

/** As much as the largest chunk of a file, so that the next one is on its way while one is written. */
const RECEIVE_WINDOW_BYTES = 1024 * 1024;

const ENTITIES = [
  ModelEntity,
  VersionEntity,
  VersionFileEntity,
  EnsembleMemberEntity,
  ArtifactBlobEntity,
  AliasEntity,
  AliasEventEntity,
];

/** Brings the registry's schema up to date. @returns the migrations that ran */
export function migrateRegistry(url: string): Promise<string[]> {
  return migrate({ url, schema: registrySchema, migrations: registryMigrations });
}

/** Starts the registry in this process. */
export async function startRegistry(
  config: Config<typeof registrySettings>,
  telemetry: Telemetry,
): Promise<RunningService> {
  const log = new ServiceLog(createLogger('registry', config.logLevel));
  const url = config.databaseUrl;
  if (config.migrate === 'on-start') await migrateRegistry(config.databaseDirectUrl ?? url);
  else await assertMigrated({ url, schema: registrySchema, migrations: registryMigrations });
  const dataSource = await openDataSource({
    url,
    schema: registrySchema,
    entities: ENTITIES,
    poolSize: config.poolSize,
    applicationName: 'resmask-registry',
  });
  const store = await openArtifactStore(config.artifacts, {
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    pathStyle: config.s3PathStyle === 'yes',
  });
  const drain = new Drain();
  const readiness = new Readiness(true);
  const errors = new CallErrors(log.logger, translateDatabaseError);
  const module = RegistryModule.with([
    { provide: DataSource, useValue: dataSource },
    { provide: ARTIFACT_STORE, useValue: store },
    { provide: UPLOAD_LIMITS, useValue: { maxArtifactBytes: config.maxArtifactBytes } },
    { provide: Drain, useValue: drain },
    { provide: CallErrors, useValue: errors },
  ]);
  const stopWatching = watchDatabase(dataSource, (reachable) => readiness.set(reachable));
  const service = await startService({
    module,
    services: REGISTRY_SERVICES,
    policies: REGISTRY_POLICIES,
    receiveWindowBytes: RECEIVE_WINDOW_BYTES,
    config,
    log,
    errors,
    drain,
    readiness,
    telemetry,
  });
  const stopJobs = startJobs(service.app, config, log.logger);
  return {
    ...service,
    close: async () => {
      await service.close();
      stopWatching();
      await stopJobs();
      if (dataSource.isInitialized) await dataSource.destroy();
    },
  };
}
