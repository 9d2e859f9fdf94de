import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Streams } from '@resmask/service-kit';
import { DatasetController } from './dataset/dataset.controller.js';
import { DatasetRepository } from './dataset/dataset.repository.js';
import { DatasetService } from './dataset/dataset.service.js';
import { DatasetImport } from './dataset/dataset-import.js';
import { RunController } from './run/run.controller.js';
import { RunRepository } from './run/run.repository.js';
import { RunService } from './run/run.service.js';
import { RunWorker } from './run/run-worker.js';
import { ShardRepository } from './run/shard.repository.js';

@Module({})
export class EvaluationModule {
  /** @param parts what the process made at start: data source, store, engine, queue, version source, limits, drain, error table */
  static with(parts: Provider[]): DynamicModule {
    return {
      module: EvaluationModule,
      controllers: [DatasetController, RunController],
      providers: [
        ...parts,
        Streams,
        DatasetRepository,
        DatasetImport,
        DatasetService,
        RunRepository,
        ShardRepository,
        RunService,
        RunWorker,
      ],
    };
  }
}
