import { Inject, Injectable } from '@nestjs/common';
import type {
  ModelConfig,
  RepositoryIndexResponse_ModelIndex as ModelIndex,
  ModelMetadataResponse,
  ModelStatistics,
  RepositoryModelLoadRequest,
  RepositoryModelUnloadRequest,
} from '@resmask/contracts/open-inference';
import { type Code, DomainError } from '@resmask/errors';
import { InferenceStatistics } from './inference-statistics.js';
import { toModelConfig, toModelMetadata } from './model.messages.js';
import { type NativeModelDescription, NativeModels } from './native-models.js';
import { MAX_BATCH } from './tensor-inference.js';
import { shortModelName, toVersionReference } from './version-reference.js';

/** What a model may be that cannot be used now. */
const NOT_READY: readonly Code[] = ['NOT_FOUND', 'FAILED_PRECONDITION', 'UNAVAILABLE', 'DATA_LOSS'];
/** Parameters of unloading that mean nothing where no model depends on another. */
const UNLOAD_PARAMETERS = ['unload_dependents'];

/** What the protocol's clients may know of models, and do with them besides running them. */
@Injectable()
export class ModelService {
  constructor(
    readonly models: NativeModels,
    readonly statistics: InferenceStatistics,
    @Inject(MAX_BATCH) readonly maxBatch: number,
  ) {}

  /** Loads the model if it is not; false if it cannot be used. @throws DomainError for a name that is none. */
  async isReady(name: string, version: string): Promise<boolean> {
    const reference = toVersionReference(name, version);
    try {
      await this.models.describe(reference);
      return true;
    } catch (error) {
      if (error instanceof DomainError && NOT_READY.includes(error.code)) return false;
      throw error;
    }
  }

  async metadata(name: string, version: string): Promise<ModelMetadataResponse> {
    const model = await this.models.describe(toVersionReference(name, version));
    return toModelMetadata(name, model, await this.#versions(model));
  }

  /** While the registry is away, the one version that is known. */
  async #versions({ model, number }: NativeModelDescription): Promise<string[]> {
    try {
      return await this.models.versions(model);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'UNAVAILABLE') return [number];
      throw error;
    }
  }

  async config(name: string, version: string): Promise<ModelConfig> {
    return toModelConfig(name, await this.models.describe(toVersionReference(name, version)), this.maxBatch);
  }

  /** Of one version, of every used one of a model, or with an empty name of every used model. */
  async statisticsOf(name: string, version: string): Promise<ModelStatistics[]> {
    if (name === '') {
      return this.statistics.models.flatMap((model) =>
        this.statistics.of(model).map((statistics) => ({ name: shortModelName(model), ...statistics })),
      );
    }
    const { model, number } = await this.models.describe(toVersionReference(name, version));
    return this.statistics
      .of(model, number)
      .filter((statistics) => version === '' || statistics.version === number)
      .map((statistics) => ({ name, ...statistics }));
  }

  /** @param ready only what is loaded */
  async index(repository: string, ready: boolean): Promise<ModelIndex[]> {
    const { parent } = toVersionReference('any', '', repository);
    const states = await this.models.index(parent);
    return states
      .filter(({ number }) => number !== undefined || !ready)
      .map(({ model, number }) => ({
        name: shortModelName(model),
        version: number ?? '',
        state: number === undefined ? 'UNAVAILABLE' : 'READY',
        reason: number === undefined ? 'unloaded' : '',
      }));
  }

  /** @throws DomainError NOT_SUPPORTED for parameters: what a model is, is what was published. */
  async load({ modelName, repositoryName, parameters }: RepositoryModelLoadRequest): Promise<void> {
    refuseParameters(Object.keys(parameters), 'loading');
    await this.models.describe(toVersionReference(modelName, '', repositoryName));
  }

  async unload({ modelName, repositoryName, parameters }: RepositoryModelUnloadRequest): Promise<void> {
    const unknown = Object.keys(parameters).filter((key) => !UNLOAD_PARAMETERS.includes(key));
    refuseParameters(unknown, 'unloading');
    await this.models.unload(toVersionReference(modelName, '', repositoryName).model);
  }
}

function refuseParameters([key]: readonly string[], what: string): void {
  if (key === undefined) return;
  const message = `parameters["${key}"]: ${what} takes no such parameter; register another version to change a model`;
  throw new DomainError('NOT_SUPPORTED', message);
}
