import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { type AliasName, formatAliasName } from '@resmask/resource-names';
import { DataSource, type EntityManager, LessThan, MoreThan } from 'typeorm';
import type { ModelEntity } from '../model/model.entity.js';
import { AliasEntity, AliasEventEntity } from './alias.entity.js';

export const ALIAS_TYPE = 'registry.resmask.dev/Alias';

/** Reads aliases and their history. */
@Injectable()
export class AliasRepository {
  constructor(readonly dataSource: DataSource) {}

  /** @throws DomainError ALIAS_NOT_FOUND. */
  async get(
    model: ModelEntity,
    name: AliasName,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<AliasEntity> {
    const { alias } = name;
    const found = await manager.findOneBy(AliasEntity, { model: model.id, alias });
    if (found) return found;
    const message = `model "${name.model}" has no alias "${alias}"; promote a version to it first`;
    throw new DomainError('ALIAS_NOT_FOUND', message, { resource: { type: ALIAS_TYPE, name: formatAliasName(name) } });
  }

  /** In alphabetical order, after the given one. */
  list({ id }: ModelEntity, after: string, limit: number): Promise<AliasEntity[]> {
    const where = { model: id, alias: MoreThan(after) };
    return this.dataSource.manager.find(AliasEntity, { where, order: { alias: 'ASC' }, take: limit });
  }

  /** Newest first, before the given id. */
  events({ id }: ModelEntity, alias: string, before: number | undefined, limit: number): Promise<AliasEventEntity[]> {
    const where = { model: id, alias, ...(before === undefined ? {} : { id: LessThan(String(before)) }) };
    return this.dataSource.manager.find(AliasEventEntity, { where, order: { id: 'DESC' }, take: limit });
  }
}
