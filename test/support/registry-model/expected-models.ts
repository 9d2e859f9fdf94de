import type {
  CreateModelRequest,
  DeleteModelRequest,
  UndeleteModelRequest,
  UpdateModelRequest,
} from '@resmask/contracts/registry.v1';
import { anyModel, type ExpectedState, expectEtag, liveModel, Refusal, type Told } from './expected-state.js';
import { placeOf } from './place-of.js';

export function createModel(state: ExpectedState, { modelId, model }: CreateModelRequest): Told {
  if (state.models[modelId]) throw new Refusal('MODEL_EXISTS');
  const description = model?.description ?? '';
  const labels = model?.labels ?? {};
  state.models[modelId] = { description, labels, deleted: false, revision: 1, versions: [], aliases: {}, moves: {} };
  const after = { task: 'expression', description, ...(hasAny(labels) && { labels }) };
  return { resource: `models/${modelId}`, reason: '', before: undefined, after };
}

export function updateModel(state: ExpectedState, { model: given }: UpdateModelRequest): Told {
  const { model: id } = placeOf(given?.name ?? '');
  const model = liveModel(state, id);
  expectEtag(given?.etag ?? '', model);
  const { description = '', labels = {} } = given ?? {};
  const before = { description: model.description, ...(hasAny(labels) && { labels: model.labels }) };
  const after = { description, ...(hasAny(labels) && { labels }) };
  Object.assign(model, after, { revision: model.revision + 1 });
  return { resource: `models/${id}`, reason: '', before, after };
}

export function deleteModel(state: ExpectedState, { name, etag }: DeleteModelRequest): Told {
  const { model: id } = placeOf(name);
  const model = liveModel(state, id);
  expectEtag(etag, model);
  if (Object.keys(model.aliases).length > 0) throw new Refusal('RESOURCE_IN_USE');
  model.deleted = true;
  model.revision += 1;
  return { resource: `models/${id}`, reason: '', before: { state: 'live' }, after: { state: 'deleted' } };
}

export function undeleteModel(state: ExpectedState, { name }: UndeleteModelRequest): Told {
  const { model: id } = placeOf(name);
  const model = anyModel(state, id);
  if (!model.deleted) throw new Refusal('RESOURCE_NOT_DELETED');
  model.deleted = false;
  model.revision += 1;
  return { resource: `models/${id}`, reason: '', before: { state: 'deleted' }, after: { state: 'live' } };
}

function hasAny(labels: Readonly<Record<string, string>>): boolean {
  return Object.keys(labels).length > 0;
}
