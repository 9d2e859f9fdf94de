import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { formatModelName, type ModelName } from '@resmask/resource-names';
import { DataSource, type EntityManager, In, MoreThan } from 'typeorm';
import { AliasEntity } from '../alias/alias.entity.js';
import { ModelEntity } from './model.entity.js';

/** Reads models and their aliases. */
@Injectable()
export class ModelRepository {
  constructor(readonly dataSource: DataSource) {}

  /** @throws DomainError MODEL_NOT_FOUND. */
  async get({ namespace, model }: ModelName, manager: EntityManager = this.dataSource.manager): Promise<ModelEntity> {
    const found = await manager.findOneBy(ModelEntity, { namespace, modelId: model });
    if (found) return found;
    const name = formatModelName({ namespace, model });
    throw new DomainError(
      'MODEL_NOT_FOUND',
      `there is no model "${model}" in namespace "${namespace}"; register it first`,
      {
        resource: { type: 'registry.resmask.dev/Model', name },
      },
    );
  }

  /** Models of a namespace in alphabetical order, after the given id. */
  list(namespace: string, after: string | undefined, limit: number): Promise<ModelEntity[]> {
    return this.dataSource.manager.find(ModelEntity, {
      where: { namespace, ...(after === undefined ? {} : { modelId: MoreThan(after) }) },
      order: { modelId: 'ASC' },
      take: limit,
    });
  }

  /** Aliases of several models at once, in alphabetical order, by model. */
  async aliasesOf(
    models: readonly Pick<ModelEntity, 'id'>[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Map<string, AliasEntity[]>> {
    const aliases = await manager.find(AliasEntity, {
      where: { model: In(models.map(({ id }) => id)) },
      order: { alias: 'ASC' },
    });
    return Map.groupBy(aliases, ({ model }) => model);
  }
}
