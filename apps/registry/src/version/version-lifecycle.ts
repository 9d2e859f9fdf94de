import { Injectable } from '@nestjs/common';
import {
  ArchiveModelVersionRequest,
  DeleteModelVersionRequest,
  ModelVersion,
  UnarchiveModelVersionRequest,
  UndeleteModelVersionRequest,
  UpdateModelVersionRequest,
} from '@resmask/contracts/registry.v1';
import { violates } from '@resmask/database';
import { DomainError, invalidField } from '@resmask/errors';
import { formatVersionName, parseVersionName, type VersionName } from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import { type ChangeCall, changeCall } from '../change/change-call.js';
import { Changes } from '../change/changes.js';
import { checkText } from '../change/check-text.js';
import { expectEtag } from '../change/etag.js';
import { readUpdateMask } from '../change/update-mask.js';
import { ModelRepository } from '../model/model.repository.js';
import { notDeleted } from '../model/model.service.js';
import { VersionEntity, type VersionState } from './version.entity.js';
import { toVersionMessage } from './version.messages.js';
import { type AliasHolder, type FoundVersion, VERSION_TYPE, VersionRepository } from './version.repository.js';
import { readTags, type Tags } from './version-facts.js';

interface StateChange {
  readonly call: ChangeCall<ModelVersion>;
  readonly name: VersionName;
  readonly etag: string;
  readonly from: readonly VersionState[];
  readonly to: VersionState;
}

/** Changes what may change of a version: its description, its tags, and whether it is in use. */
@Injectable()
export class VersionLifecycle {
  constructor(
    readonly models: ModelRepository,
    readonly versions: VersionRepository,
    readonly changes: Changes,
  ) {}

  async update(request: UpdateModelVersionRequest): Promise<ModelVersion> {
    const { modelVersion: given } = request;
    if (!given) throw invalidField('model_version', 'it is not set');
    const name = parseVersionName(given.name, 'model_version.name');
    const fields = readUpdateMask(request.updateMask, ['description', 'tags']);
    const values = {
      ...(fields.has('description') && { description: checkText(given.description, 'model_version.description') }),
      ...(fields.has('tags') && { tags: readTags(given.tags, 'model_version.tags') }),
    };
    const call = changeCall('UpdateModelVersion', request, UpdateModelVersionRequest, ModelVersion);
    return this.changes.make(call, async (manager) => {
      await this.models.holdLive(name, manager);
      const found = await this.versions.lock(name, manager);
      expectEtag(given.etag, found.version.revision, resourceOf(name));
      const { description, tags } = found.version;
      const was = { ...(fields.has('description') && { description }), ...(fields.has('tags') && { tags }) };
      await write(manager, found, values);
      return {
        response: await this.#message(name, manager),
        record: { ...placeOf(name), before: was, after: values },
      };
    });
  }

  archive(request: ArchiveModelVersionRequest): Promise<ModelVersion> {
    const call = changeCall('ArchiveModelVersion', request, ArchiveModelVersionRequest, ModelVersion);
    return this.#move({
      call,
      name: parseVersionName(request.name),
      etag: request.etag,
      from: ['ready'],
      to: 'archived',
    });
  }

  unarchive(request: UnarchiveModelVersionRequest): Promise<ModelVersion> {
    const call = changeCall('UnarchiveModelVersion', request, UnarchiveModelVersionRequest, ModelVersion);
    return this.#move({
      call,
      name: parseVersionName(request.name),
      etag: request.etag,
      from: ['archived'],
      to: 'ready',
    });
  }

  delete(request: DeleteModelVersionRequest): Promise<ModelVersion> {
    const { etag } = request;
    const call = changeCall('DeleteModelVersion', request, DeleteModelVersionRequest, ModelVersion);
    return this.#move({ call, name: parseVersionName(request.name), etag, from: ['ready', 'archived'], to: 'deleted' });
  }

  undelete(request: UndeleteModelVersionRequest): Promise<ModelVersion> {
    const call = changeCall('UndeleteModelVersion', request, UndeleteModelVersionRequest, ModelVersion);
    return this.#move({ call, name: parseVersionName(request.name), etag: '', from: ['deleted'], to: 'ready' });
  }

  /** @throws DomainError RESOURCE_IN_USE that names the aliases, VERSION_NOT_READY or RESOURCE_NOT_DELETED for a wrong state. */
  async #move({ call, name, etag, from, to }: StateChange): Promise<ModelVersion> {
    try {
      return await this.changes.make(call, async (manager) => {
        await this.models.holdLive(name, manager);
        const found = await this.versions.lock(name, manager);
        const { state, revision } = found.version;
        expectEtag(etag, revision, resourceOf(name));
        if (!from.includes(state)) throw wrongState(name, state, from);
        const holders = to === 'ready' ? [] : await this.versions.aliasesHolding(found.version, manager);
        if (holders.length > 0) throw inUse(name, holders);
        await write(manager, found, { state: to, deleteTime: () => (to === 'deleted' ? 'now()' : 'NULL') });
        return {
          response: await this.#message(name, manager),
          record: { ...placeOf(name), before: { state }, after: { state: to } },
        };
      });
    } catch (error) {
      // An alias came between the look and the write.
      if (violates(error, 'version_has_aliases') || violates(error, 'version_has_traffic'))
        throw inUse(name, await this.versions.aliasesHolding((await this.versions.get(name)).version));
      if (violates(error, 'version_has_ensembles')) throw memberOf(name, await this.versions.ensemblesOf(name));
      if (violates(error, 'version_misses_members')) throw missesMembers(name);
      throw error;
    }
  }

  async #message(name: VersionName, manager: EntityManager): Promise<ModelVersion> {
    return toVersionMessage(await this.versions.get(name, manager));
  }
}

interface NewValues {
  readonly description?: string;
  readonly tags?: Tags;
  readonly state?: VersionState;
  readonly deleteTime?: () => string;
}

async function write(
  manager: EntityManager,
  { version: { model, version } }: FoundVersion,
  values: NewValues,
): Promise<void> {
  await manager
    .createQueryBuilder()
    .update(VersionEntity)
    .set({ ...values, revision: () => 'revision + 1', updateTime: () => 'now()' })
    .where({ model, version })
    .execute();
}

function wrongState(name: VersionName, state: VersionState, from: readonly VersionState[]): DomainError {
  if (from.includes('deleted')) return notDeleted(resourceOf(name));
  const message = `${formatVersionName(name)} is ${state}; it must be ${from.join(' or ')} for that`;
  return new DomainError('VERSION_NOT_READY', message, { resource: resourceOf(name) });
}

function inUse(name: VersionName, aliases: readonly AliasHolder[]): DomainError {
  const holders = aliases.map(({ alias }) => alias).join(', ');
  const list = aliases.map(({ alias, part }) => (part === 'target' ? alias : `${alias} (${part})`)).join(', ');
  const wayOut = 'point them elsewhere, take it away as their canary or shadow, or delete them first';
  const message = `${formatVersionName(name)} has the aliases ${list}; ${wayOut}`;
  return new DomainError('RESOURCE_IN_USE', message, { metadata: { holders }, resource: resourceOf(name) });
}

function memberOf(name: VersionName, ensembles: readonly string[]): DomainError {
  const holders = ensembles.join(', ');
  const message = `${formatVersionName(name)} is a member of ${holders}; delete those first`;
  return new DomainError('RESOURCE_IN_USE', message, { metadata: { holders }, resource: resourceOf(name) });
}

function missesMembers(name: VersionName): DomainError {
  const message = `a member of ${formatVersionName(name)} is deleted; undelete the members first`;
  return new DomainError('VERSION_NOT_READY', message, { resource: resourceOf(name) });
}

function resourceOf(name: VersionName) {
  return { type: VERSION_TYPE, name: formatVersionName(name) };
}

function placeOf({ namespace, model, version }: VersionName) {
  return { namespace, model, resource: `models/${model}/versions/${version}` };
}
