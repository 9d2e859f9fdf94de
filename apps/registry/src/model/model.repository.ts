import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { formatModelName, type ModelName } from '@resmask/resource-names';
import { DataSource, type EntityManager, In } from 'typeorm';
import { AliasEntity } from '../alias/alias.entity.js';
import type { ListedPage, ListQuery } from '../list/list-query.js';
import { ModelEntity } from './model.entity.js';

export const MODEL_TYPE = 'registry.resmask.dev/Model';

/** Reads models and their aliases. */
@Injectable()
export class ModelRepository {
  constructor(readonly dataSource: DataSource) {}

  /** Deleted ones too. @throws DomainError MODEL_NOT_FOUND. */
  async get({ namespace, model }: ModelName, manager: EntityManager = this.dataSource.manager): Promise<ModelEntity> {
    const found = await manager.findOneBy(ModelEntity, { namespace, modelId: model });
    if (found) return found;
    const name = formatModelName({ namespace, model });
    throw new DomainError(
      'MODEL_NOT_FOUND',
      `there is no model "${model}" in namespace "${namespace}"; register it first`,
      {
        resource: { type: MODEL_TYPE, name },
      },
    );
  }

  /** Holds the model against everybody else's changes until the transaction is over. @throws DomainError MODEL_NOT_FOUND. */
  async lock(name: ModelName, manager: EntityManager): Promise<ModelEntity> {
    const { id } = await this.get(name, manager);
    return manager.findOneOrFail(ModelEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** @throws DomainError MODEL_NOT_FOUND or MODEL_DELETED. */
  async lockLive(name: ModelName, manager: EntityManager): Promise<ModelEntity> {
    return expectLive(await this.lock(name, manager));
  }

  /** Keeps the model alive until the transaction is over, beside others who do so. @throws DomainError like `lockLive`. */
  async holdLive(name: ModelName, manager: EntityManager): Promise<ModelEntity> {
    const { id } = await this.get(name, manager);
    return expectLive(await manager.findOneOrFail(ModelEntity, { where: { id }, lock: { mode: 'for_key_share' } }));
  }

  /** A page of the models of a namespace. */
  async list(namespace: string, query: ListQuery, showDeleted: boolean): Promise<ListedPage<ModelEntity>> {
    const { rows, nextPageToken } = await query.read<Pick<ModelEntity, 'id'>>(this.dataSource, {
      columns: 'm.id',
      table: 'model m',
      where: (values) =>
        `m.namespace = ${values.add(namespace, 'text')}${showDeleted ? '' : ' AND m.delete_time IS NULL'}`,
    });
    const found = await this.dataSource.manager.findBy(ModelEntity, { id: In(rows.map(({ id }) => id)) });
    const models = new Map(found.map((model) => [model.id, model]));
    return { rows: rows.flatMap(({ id }) => models.get(id) ?? []), nextPageToken };
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

function expectLive(model: ModelEntity): ModelEntity {
  if (!model.deleteTime) return model;
  const name = formatModelName({ namespace: model.namespace, model: model.modelId });
  throw new DomainError('MODEL_DELETED', `${name} is deleted; undelete it first`, {
    resource: { type: MODEL_TYPE, name },
  });
}
