import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { type AliasName, formatAliasName, formatVersionName, type VersionName } from '@resmask/resource-names';
import { DataSource, type EntityManager, In, LessThan } from 'typeorm';
import { AliasEntity } from '../alias/alias.entity.js';
import type { ModelEntity } from '../model/model.entity.js';
import { ModelRepository } from '../model/model.repository.js';
import { VersionEntity } from './version.entity.js';

/** A version with what is told of it. */
export interface FoundVersion {
  readonly model: ModelEntity;
  readonly version: VersionEntity;
  readonly aliases: readonly string[];
}

const WITH_FILES = { relations: { files: { blob: true } }, order: { files: { position: 'ASC' } } } as const;

/** Reads versions and the aliases that point at them. */
@Injectable()
export class VersionRepository {
  constructor(
    readonly dataSource: DataSource,
    readonly models: ModelRepository,
  ) {}

  /** @throws DomainError MODEL_NOT_FOUND or VERSION_NOT_FOUND. */
  async get(name: VersionName, manager: EntityManager = this.dataSource.manager): Promise<FoundVersion> {
    const model = await this.models.get(name, manager);
    const version = await manager.findOne(VersionEntity, {
      where: { model: model.id, version: name.version },
      ...WITH_FILES,
    });
    if (!version) {
      const latest = model.nextVersion - 1;
      const known = latest === 0 ? 'it has none yet' : `its versions are 1 to ${latest}`;
      throw new DomainError('VERSION_NOT_FOUND', `model "${name.model}" has no version ${name.version}; ${known}`, {
        resource: { type: 'registry.resmask.dev/ModelVersion', name: formatVersionName(name) },
      });
    }
    const [found] = await this.#withAliases(model, [version], manager);
    return found;
  }

  /** @throws DomainError ALIAS_NOT_FOUND. */
  async alias(model: ModelEntity, name: AliasName): Promise<AliasEntity> {
    const { alias } = name;
    const found = await this.dataSource.manager.findOneBy(AliasEntity, { model: model.id, alias });
    if (found) return found;
    throw new DomainError(
      'ALIAS_NOT_FOUND',
      `model "${name.model}" has no alias "${alias}"; promote a version to it first`,
      {
        resource: { type: 'registry.resmask.dev/Alias', name: formatAliasName(name) },
      },
    );
  }

  /** Versions of a model, newest first, before the given number. */
  async list(model: ModelEntity, before: number | undefined, limit: number): Promise<FoundVersion[]> {
    const where = { model: model.id, ...(before === undefined ? {} : { version: LessThan(before) }) };
    const numbers = await this.dataSource.manager.find(VersionEntity, {
      where,
      order: { version: 'DESC' },
      take: limit,
    });
    const versions = await this.dataSource.manager.find(VersionEntity, {
      where: { model: model.id, version: In(numbers.map(({ version }) => version)) },
      relations: WITH_FILES.relations,
      order: { version: 'DESC', files: { position: 'ASC' } },
    });
    return this.#withAliases(model, versions, this.dataSource.manager);
  }

  async #withAliases(model: ModelEntity, versions: VersionEntity[], manager: EntityManager): Promise<FoundVersion[]> {
    const aliases = (await this.models.aliasesOf([model], manager)).get(model.id) ?? [];
    return versions.map((version) => ({
      model,
      version,
      aliases: aliases.filter((alias) => alias.version === version.version).map(({ alias }) => alias),
    }));
  }
}
