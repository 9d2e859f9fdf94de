import { FolderArtifactStore } from '@resmask/artifacts';
import { RegistryClient } from '@resmask/client';
import { EvaluationServiceService } from '@resmask/contracts/evaluation.v1alpha1';
import { assertMigrated, migrate, openDataSource, translateDatabaseError, watchDatabase } from '@resmask/database';
import { Engine, VersionSource } from '@resmask/engine';
import { evaluationMigrations, evaluationSchema, JOBS_SCHEMA } from '@resmask/migrations/evaluation';
import {
  CallErrors,
  type Config,
  createLogger,
  Drain,
  Readiness,
  type RunningService,
  registryConnection,
  ServiceLog,
  startService,
  type Telemetry,
} from '@resmask/service-kit';
import { DataSource } from 'typeorm';
import { DatasetEntity, SplitEntity } from './dataset/dataset.entity.js';
import { EvaluationModule } from './evaluation.module.js';
import { ARTIFACT_STORE, EVALUATION_LIMITS } from './evaluation-parts.js';
import { evaluationPolicy } from './evaluation-policy.js';
import type { evaluationSettings } from './evaluation-settings.js';
import { PredictionEntity, RunEntity } from './run/run.entity.js';
import { RunRepository } from './run/run.repository.js';
import { RunQueue } from './run/run-queue.js';
import { RunWorker } from './run/run-worker.js';

export const EVALUATION_SERVICES = { 'resmask.evaluation.v1alpha1.EvaluationService': EvaluationServiceService };
export const EVALUATION_POLICIES = { 'resmask.evaluation.v1alpha1.EvaluationService': evaluationPolicy };

const ENTITIES = [DatasetEntity, SplitEntity, RunEntity, PredictionEntity];
/** Whole frames have their limits at the inference service; data sets have none but their own size. */
const DATASET_IMAGE_LIMITS = { maxPixels: 25_000_000, minSide: 1 };

/** Brings the evaluation schema up to date. @returns the migrations that ran */
export function migrateEvaluation(url: string): Promise<string[]> {
  return migrate({ url, schema: evaluationSchema, migrations: evaluationMigrations });
}

/** Starts the evaluation service in this process: its API and a worker for runs. */
export async function startEvaluation(
  config: Config<typeof evaluationSettings>,
  telemetry: Telemetry,
): Promise<RunningService> {
  const log = new ServiceLog(createLogger('evaluation', config.logLevel));
  const url = config.databaseUrl;
  const directUrl = config.databaseDirectUrl ?? url;
  if (config.migrate === 'on-start') await migrateEvaluation(directUrl);
  else await assertMigrated({ url, schema: evaluationSchema, migrations: evaluationMigrations });
  const dataSource = await openDataSource({
    url,
    schema: evaluationSchema,
    entities: ENTITIES,
    poolSize: config.poolSize,
    applicationName: 'resmask-evaluation',
  });
  const queue = await RunQueue.open({
    url: directUrl,
    schema: JOBS_SCHEMA,
    role: evaluationSchema.role,
    logger: log.logger,
  });
  const cache = await FolderArtifactStore.open(config.cache);
  const registry = new RegistryClient(config.registry, await registryConnection(config));
  const engine = await Engine.start({
    workers: config.workers,
    threads: config.threads,
    provider: { wanted: config.provider, fallback: config.providerFallback },
    cacheFolder: config.cache,
    limits: DATASET_IMAGE_LIMITS,
    // An ensemble's members are loaded together; those of the run before are let go.
    maxModels: 64,
    maxModelBytes: config.modelMemoryBytes,
    onWorkerLost: (error) => log.logger.error({ err: error }, 'a worker thread was lost'),
  });
  log.logger.info({ provider: engine.provider, workers: config.workers }, 'engine started');
  const drain = new Drain();
  const readiness = new Readiness(true);
  const errors = new CallErrors(log.logger, translateDatabaseError);
  const limits = { maxDatasetBytes: config.maxDatasetBytes, shardSize: config.shardSize, lanes: config.workers };
  const module = EvaluationModule.with([
    { provide: DataSource, useValue: dataSource },
    { provide: ARTIFACT_STORE, useValue: await FolderArtifactStore.open(config.artifacts) },
    { provide: EVALUATION_LIMITS, useValue: limits },
    { provide: Engine, useValue: engine },
    { provide: RunQueue, useValue: queue },
    { provide: VersionSource, useValue: new VersionSource(registry, cache, config.maxArtifactBytes) },
    { provide: Drain, useValue: drain },
    { provide: CallErrors, useValue: errors },
    { provide: ServiceLog, useValue: log },
  ]);
  const stopWatching = watchDatabase(dataSource, (reachable) => readiness.set(reachable));
  const service = await startService({
    module,
    services: EVALUATION_SERVICES,
    policies: EVALUATION_POLICIES,
    config,
    log,
    errors,
    drain,
    readiness,
    telemetry,
  });
  const worker = service.app.get(RunWorker);
  // Runs whose jobs were lost, for example with the queue's tables, are asked for again.
  for (const run of await service.app.get(RunRepository).unfinished()) await queue.add(run);
  await queue.work((run, signal) => worker.process(run, signal));
  return {
    ...service,
    close: async () => {
      worker.stop();
      await service.close();
      await queue.close();
      stopWatching();
      await engine.close();
      registry.close();
      if (dataSource.isInitialized) await dataSource.destroy();
    },
  };
}
