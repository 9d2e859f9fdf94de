import type { UpdateModelVersionRequest } from '@resmask/contracts/registry.v1';
import { expect } from 'vitest';
import {
  type ExpectedModel,
  type ExpectedState,
  type ExpectedVersion,
  expectEtag,
  liveModel,
  Refusal,
  type Told,
  versionOf,
} from './expected-state.js';
import { placeOf } from './place-of.js';
import type { PublishRequest } from './registry-call.js';

type VersionState = ExpectedVersion['state'];

export function publish(state: ExpectedState, { parent }: PublishRequest): Told {
  const { model: id } = placeOf(parent);
  const model = liveModel(state, id);
  model.versions.push({ description: '', stage: undefined, state: 'ready', revision: 1 });
  model.revision += 1;
  const resource = `models/${id}/versions/${model.versions.length}`;
  return {
    resource,
    reason: '',
    before: undefined,
    after: { kind: 'single', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
  };
}

export function updateVersion(state: ExpectedState, { modelVersion: given }: UpdateModelVersionRequest): Told {
  const { model, version: number } = placeOf(given?.name ?? '');
  const version = versionOf(liveModel(state, model), number);
  expectEtag(given?.etag ?? '', version);
  const before = { description: version.description, tags: tagsOf(version) };
  const stage = given?.tags['stage']?.value;
  version.description = given?.description ?? '';
  version.stage = stage?.$case === 'text' ? stage.value : undefined;
  version.revision += 1;
  const after = { description: version.description, tags: tagsOf(version) };
  return { resource: `models/${model}/versions/${number}`, reason: '', before, after };
}

function tagsOf({ stage }: ExpectedVersion): Record<string, string> {
  return stage === undefined ? {} : { stage };
}

/** From one of some states to another one. */
export function moveVersion(
  state: ExpectedState,
  { name, etag = '' }: { readonly name: string; readonly etag?: string },
  from: readonly VersionState[],
  to: VersionState,
): Told {
  const { model: id, version: number } = placeOf(name);
  const model = liveModel(state, id);
  const version = versionOf(model, number);
  expectEtag(etag, version);
  const before = version.state;
  if (!from.includes(before))
    throw new Refusal(from.includes('deleted') ? 'RESOURCE_NOT_DELETED' : 'VERSION_NOT_READY');
  if (to !== 'ready' && isHeld(model, number)) throw new Refusal('RESOURCE_IN_USE');
  version.state = to;
  version.revision += 1;
  const resource = `models/${id}/versions/${number}`;
  return { resource, reason: '', before: { state: before }, after: { state: to } };
}

function isHeld({ aliases }: ExpectedModel, number: number): boolean {
  return Object.values(aliases).some(({ version, canary, shadow }) =>
    [version, canary?.version, shadow].includes(number),
  );
}
