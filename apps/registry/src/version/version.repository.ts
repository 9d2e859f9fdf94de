import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { formatVersionName, type VersionName } from '@resmask/resource-names';

import { DataSource, type EntityManager } from 'typeorm';
import type { ListedPage, ListQuery } from '../list/list-query.js';

import type { ModelEntity } from '../model/model.entity.js';
import { nameOf } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { VersionEntity } from './version.entity.js';
import { VersionQuery } from './version-query.js';

export const VERSION_TYPE = 'registry.resmask.dev/ModelVersion';

/** A version with what is told of it. */
export interface FoundVersion {
  readonly model: ModelEntity;
  readonly version: VersionEntity;
  readonly aliases: readonly string[];
}

/** An alias that has a version, and as what. */
export interface AliasHolder {
  readonly alias: string;
  readonly part: 'target' | 'canary' | 'shadow';
}

/** Reads versions and the aliases that point at them. */
@Injectable()
export class VersionRepository {
  readonly #query: VersionQuery;

  constructor(
    readonly dataSource: DataSource,
    readonly models: ModelRepository,
  ) {
    this.#query = new VersionQuery(dataSource);
  }

  /** @throws DomainError MODEL_NOT_FOUND or VERSION_NOT_FOUND. */
  async get(name: VersionName, manager: EntityManager = this.dataSource.manager): Promise<FoundVersion> {
    const where = 'WHERE m.namespace = $1 AND m.model_id = $2 AND v.version = $3';
    const [found] = await this.#query.find(manager, where, [name.namespace, name.model, name.version]);
    return found ?? raise(notFound(await this.models.get(name, manager), name.version));
  }

  /** Holds a version against everybody else's changes until the transaction is over. @throws DomainError like `get`. */
  async lock(name: VersionName, manager: EntityManager): Promise<FoundVersion> {
    const { model } = await this.get(name, manager);
    const where = { model: model.id, version: name.version };
    await manager.findOneOrFail(VersionEntity, { where, lock: { mode: 'pessimistic_write' } });
    return this.get(name, manager);
  }

  /** The aliases that have the version as their own, as their canary or as their shadow, in alphabetical order. */
  aliasesHolding(
    { model, version }: VersionEntity,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<AliasHolder[]> {
    return manager.query(
      `SELECT alias, CASE $2::integer WHEN version THEN 'target' WHEN canary_version THEN 'canary' ELSE 'shadow' END AS part
         FROM model_alias WHERE model = $1 AND $2 IN (version, canary_version, shadow_version) ORDER BY alias`,
      [model, version],
    );
  }

  /** Names of the ensembles that are not deleted and have the version as a member. */
  async ensemblesOf(name: VersionName): Promise<string[]> {
    const { model } = await this.get(name);
    const rows: { model_id: string; version: number }[] = await this.dataSource.query(
      `SELECT m.model_id, e.version FROM ensemble_member e JOIN model m ON m.id = e.model
         JOIN model_version v ON (v.model, v.version) = (e.model, e.version)
         WHERE e.member_model = $1 AND e.member_version = $2 AND v.state <> 'deleted' ORDER BY m.model_id, e.version`,
      [model.id, name.version],
    );
    return rows.map(({ model_id, version }) =>
      formatVersionName({ namespace: name.namespace, model: model_id, version }),
    );
  }

  /** All of the given numbers, in that order. @throws DomainError VERSION_NOT_FOUND for the first that is not there. */
  async getAll(model: ModelEntity, numbers: readonly number[]): Promise<FoundVersion[]> {
    const where = 'WHERE m.id = $1 AND v.version = ANY($2)';
    const versions = await this.#query.find(this.dataSource.manager, where, [model.id, numbers]);
    const found = new Map(versions.map((version) => [version.version.version, version]));
    return numbers.map((number) => found.get(number) ?? raise(notFound(model, number)));
  }

  /** A page of the versions of a model. */
  async list(model: ModelEntity, query: ListQuery, showDeleted: boolean): Promise<ListedPage<FoundVersion>> {
    const { rows, nextPageToken } = await query.read<Pick<VersionEntity, 'version'>>(this.dataSource, {
      columns: 'v.version',
      table: 'model_version v',
      where: (values) => `v.model = ${values.add(model.id, 'bigint')}${showDeleted ? '' : ` AND v.state <> 'deleted'`}`,
    });
    const numbers = rows.map(({ version }) => version);
    return { rows: await this.getAll(model, numbers), nextPageToken };
  }
}

function notFound(model: ModelEntity, version: number): DomainError {
  const latest = model.nextVersion - 1;
  const known = latest === 0 ? 'it has none yet' : `its versions are 1 to ${latest}`;
  return new DomainError('VERSION_NOT_FOUND', `model "${model.modelId}" has no version ${version}; ${known}`, {
    resource: { type: VERSION_TYPE, name: formatVersionName({ ...nameOf(model), version }) },
  });
}

function raise(error: Error): never {
  throw error;
}
