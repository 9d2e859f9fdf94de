import { Injectable } from '@nestjs/common';
import {
  CreateModelRequest,
  DeleteModelRequest,
  type GetModelRequest,
  type ListModelsRequest,
  type ListModelsResponse,
  Model,
  UndeleteModelRequest,
  UpdateModelRequest,
} from '@resmask/contracts/registry.v1';
import { violates } from '@resmask/database';
import { DomainError, invalidField } from '@resmask/errors';
import type { Task } from '@resmask/model-spec';
import {
  formatModelName,
  type ModelName,
  parseModelName,
  parseNamespace,
  parseResourceId,
} from '@resmask/resource-names';
import { TASKS } from '@resmask/spec-messages';
import type { EntityManager } from 'typeorm';
import { changeCall } from '../change/change-call.js';
import { Changes } from '../change/changes.js';
import { checkText } from '../change/check-text.js';
import { expectEtag } from '../change/etag.js';
import { ListQuery } from '../list/list-query.js';
import { ModelEntity } from './model.entity.js';
import { toModelMessage } from './model.messages.js';
import { MODEL_TYPE, ModelRepository } from './model.repository.js';
import { type Labels, readLabels } from './model-labels.js';
import { MODEL_LIST } from './model-list.js';
import { type ModelValues, readModelValues } from './model-values.js';

/** Creates, changes and reads models. */
@Injectable()
export class ModelService {
  constructor(
    readonly models: ModelRepository,
    readonly changes: Changes,
  ) {}

  async create(request: CreateModelRequest): Promise<Model> {
    const namespace = parseNamespace(request.parent);
    const modelId = parseResourceId(request.modelId, 'model_id');
    const task = request.model && TASKS.name(request.model.task);
    if (!task) throw invalidField('model.task', 'it is not set; allowed are TASK_EXPRESSION and TASK_FACE');
    const description = checkText(request.model?.description ?? '', 'model.description');
    const labels = readLabels(request.model?.labels ?? {}, 'model.labels');
    const call = changeCall('CreateModel', request, CreateModelRequest, Model);
    try {
      return await this.changes.make(call, async (manager) => ({
        response: await insert(manager, { namespace, modelId, task, description, labels }),
        record: {
          namespace,
          model: modelId,
          resource: `models/${modelId}`,
          after: { task, description, ...(Object.keys(labels).length > 0 && { labels }) },
        },
      }));
    } catch (error) {
      if (!violates(error, 'model_name')) throw error;
      throw await this.#taken({ namespace, model: modelId });
    }
  }

  async get({ name }: GetModelRequest): Promise<Model> {
    return this.#message(await this.models.get(parseModelName(name)));
  }

  async list(request: ListModelsRequest): Promise<ListModelsResponse> {
    const namespace = parseNamespace(request.parent);
    const { showDeleted } = request;
    const query = new ListQuery(MODEL_LIST, request, ['models', namespace, String(showDeleted)]);
    const { rows, nextPageToken } = await this.models.list(namespace, query, showDeleted);
    const aliases = await this.models.aliasesOf(rows);
    return {
      models: rows.map((model) => toModelMessage(model, aliases.get(model.id) ?? [])),
      nextPageToken,
    };
  }

  async update(request: UpdateModelRequest): Promise<Model> {
    if (!request.model) throw invalidField('model', 'it is not set');
    const name = parseModelName(request.model.name, 'model.name');
    const { etag } = request.model;
    const values = readModelValues(request.model, request.updateMask);
    const call = changeCall('UpdateModel', request, UpdateModelRequest, Model);
    return this.changes.make(call, async (manager) => {
      const model = await this.models.lockLive(name, manager);
      expectEtag(etag, model.revision, resourceOf(name));
      const before = {
        ...('description' in values && { description: model.description }),
        ...('labels' in values && { labels: model.labels }),
      };
      await change(manager, model.id, values);
      return {
        response: await this.#message(await this.models.get(name, manager), manager),
        record: { ...placeOf(name), before, after: values },
      };
    });
  }

  /** @throws DomainError RESOURCE_IN_USE that names its aliases. */
  async delete(request: DeleteModelRequest): Promise<Model> {
    const name = parseModelName(request.name);
    const { etag } = request;
    const call = changeCall('DeleteModel', request, DeleteModelRequest, Model);
    return this.changes.make(call, async (manager) => {
      const model = await this.models.lockLive(name, manager);
      expectEtag(etag, model.revision, resourceOf(name));
      await this.#expectNoAliases(model, name, manager);
      await change(manager, model.id, { deleteTime: () => 'now()' });
      return {
        response: await this.#message(await this.models.get(name, manager), manager),
        record: { ...placeOf(name), before: { state: 'live' }, after: { state: 'deleted' } },
      };
    });
  }

  /** @throws DomainError RESOURCE_NOT_DELETED for one that is alive. */
  async undelete(request: UndeleteModelRequest): Promise<Model> {
    const name = parseModelName(request.name);
    const call = changeCall('UndeleteModel', request, UndeleteModelRequest, Model);
    return this.changes.make(call, async (manager) => {
      const model = await this.models.lock(name, manager);
      if (!model.deleteTime) throw notDeleted(resourceOf(name));
      await change(manager, model.id, { deleteTime: () => 'NULL' });
      return {
        response: await this.#message(await this.models.get(name, manager), manager),
        record: { ...placeOf(name), before: { state: 'deleted' }, after: { state: 'live' } },
      };
    });
  }

  async #message(model: ModelEntity, manager?: EntityManager): Promise<Model> {
    const aliases = await this.models.aliasesOf([model], manager);
    return toModelMessage(model, aliases.get(model.id) ?? []);
  }

  async #expectNoAliases(model: ModelEntity, name: ModelName, manager: EntityManager): Promise<void> {
    const aliases = (await this.models.aliasesOf([model], manager)).get(model.id) ?? [];
    if (aliases.length === 0) return;
    const holders = aliases.map(({ alias }) => alias).join(', ');
    throw new DomainError('RESOURCE_IN_USE', `${formatModelName(name)} has the aliases ${holders}; delete them first`, {
      metadata: { holders },
      resource: resourceOf(name),
    });
  }

  async #taken(name: ModelName): Promise<DomainError> {
    const { deleteTime } = await this.models.get(name);
    const hint = deleteTime ? '; it is deleted, undelete it or choose another name' : '';
    const message = `the model "${name.model}" exists already in namespace "${name.namespace}"${hint}`;
    return new DomainError('MODEL_EXISTS', message, { resource: resourceOf(name) });
  }
}

export function notDeleted(resource: { readonly type: string; readonly name: string }): DomainError {
  return new DomainError('RESOURCE_NOT_DELETED', `${resource.name} is not deleted`, { resource });
}

function resourceOf(name: ModelName) {
  return { type: MODEL_TYPE, name: formatModelName(name) };
}

function placeOf({ namespace, model }: ModelName) {
  return { namespace, model, resource: `models/${model}` };
}

async function insert(
  manager: EntityManager,
  values: { namespace: string; modelId: string; task: Task; description: string; labels: Labels },
): Promise<Model> {
  const { raw } = await manager.insert(ModelEntity, { ...values });
  const model = await manager.findOneByOrFail(ModelEntity, { id: raw[0].id });
  return toModelMessage(model, []);
}

async function change(
  manager: EntityManager,
  id: string,
  values: ModelValues & { readonly deleteTime?: () => string },
): Promise<void> {
  await manager
    .createQueryBuilder()
    .update(ModelEntity)
    .set({ ...values, revision: () => 'revision + 1', updateTime: () => 'now()' })
    .where({ id })
    .execute();
}
