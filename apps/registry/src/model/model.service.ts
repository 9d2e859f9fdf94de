import { Injectable } from '@nestjs/common';
import {
  CreateModelRequest,
  type GetModelRequest,
  type ListModelsRequest,
  type ListModelsResponse,
  Model,
} from '@resmask/contracts/registry.v1alpha1';
import { violates } from '@resmask/database';
import { DomainError, invalidField } from '@resmask/errors';
import type { Task } from '@resmask/model-spec';
import { parseModelName, parseNamespace, parseResourceId } from '@resmask/resource-names';
import { nextPageToken, readPage } from '@resmask/service-kit';
import { TASKS } from '@resmask/spec-messages';
import type { EntityManager } from 'typeorm';
import { Idempotency } from '../idempotency/idempotency.js';
import { ModelEntity } from './model.entity.js';
import { toModelMessage } from './model.messages.js';
import { ModelRepository } from './model.repository.js';

const MAX_DESCRIPTION = 4096;

/** Creates and reads models. */
@Injectable()
export class ModelService {
  constructor(
    readonly models: ModelRepository,
    readonly idempotency: Idempotency,
  ) {}

  async create(request: CreateModelRequest): Promise<Model> {
    const namespace = parseNamespace(request.parent);
    const modelId = parseResourceId(request.modelId, 'model_id');
    const task = request.model && TASKS.name(request.model.task);
    if (!task) throw invalidField('model.task', 'it is not set; allowed are TASK_EXPRESSION and TASK_FACE');
    const description = checkDescription(request.model?.description ?? '', 'model.description');
    const call = {
      method: 'CreateModel',
      requestId: request.requestId,
      request: CreateModelRequest.encode({ ...request, requestId: '' }).finish(),
      codec: Model,
    };
    try {
      return await this.idempotency.run(call, (manager) => insert(manager, { namespace, modelId, task, description }));
    } catch (error) {
      if (!violates(error, 'model_name')) throw error;
      throw new DomainError('MODEL_EXISTS', `the model "${modelId}" exists already in namespace "${namespace}"`, {
        resource: { type: 'registry.resmask.dev/Model', name: `${request.parent}/models/${modelId}` },
      });
    }
  }

  async get({ name }: GetModelRequest): Promise<Model> {
    const model = await this.models.get(parseModelName(name));
    const aliases = await this.models.aliasesOf([model]);
    return toModelMessage(model, aliases.get(model.id) ?? []);
  }

  async list(request: ListModelsRequest): Promise<ListModelsResponse> {
    const namespace = parseNamespace(request.parent);
    const scope = ['models', namespace];
    const page = readPage(request, scope);
    const rows = await this.models.list(namespace, page.after, page.size + 1);
    const models = rows.slice(0, page.size);
    const aliases = await this.models.aliasesOf(models);
    return {
      models: models.map((model) => toModelMessage(model, aliases.get(model.id) ?? [])),
      nextPageToken: rows.length > page.size ? nextPageToken(models[models.length - 1].modelId, scope) : '',
    };
  }
}

/** @throws DomainError FIELD_INVALID if it is too long. */
export function checkDescription(text: string, field: string, max = MAX_DESCRIPTION): string {
  if (text.length > max) throw invalidField(field, `it has ${text.length} characters; at most ${max} are allowed`);
  return text;
}

async function insert(
  manager: EntityManager,
  values: { namespace: string; modelId: string; task: Task; description: string },
): Promise<Model> {
  const { raw } = await manager.insert(ModelEntity, { ...values });
  const model = await manager.findOneByOrFail(ModelEntity, { id: raw[0].id });
  return toModelMessage(model, []);
}
