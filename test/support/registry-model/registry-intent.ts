import { randomUUID } from 'node:crypto';
import {
  CreateModelRequest,
  DeleteModelRequest,
  DeleteModelVersionRequest,
  RollbackAliasRequest,
  SetAliasRequest,
  Task,
  UpdateAliasRequest,
  UpdateModelRequest,
  UpdateModelVersionRequest,
} from '@resmask/contracts/registry.v1';
import fc from 'fast-check';
import type { ExpectedRegistry } from './expected-registry.js';
import type { Method, RegistryCall } from './registry-call.js';

export const ALIASES = ['production', 'candidate'];

/** What a command is about to do; what depends on the state is decided when it runs. */
export interface Intent {
  readonly method: Method | 'repeat';
  readonly model: string;
  readonly version: number;
  readonly alias: string;
  /** What the canary and the shadow become; undefined: none. */
  readonly canary: { readonly version: number; readonly percent: number } | undefined;
  readonly shadow: number | undefined;
  /** Which of them change. */
  readonly updateMask: readonly ('canary' | 'shadow_version')[];
  readonly text: string;
  readonly etag: 'current' | 'stale' | 'none';
  readonly requestId: 'none' | 'new' | 'used';
  readonly validateOnly: boolean;
  readonly pick: number;
}

/** In the proportion in which they get anywhere. */
export function intents(): fc.Arbitrary<Intent> {
  const often = (weight: number, ...values: Intent['method'][]) => ({ arbitrary: fc.constantFrom(...values), weight });
  return fc.record({
    method: fc.oneof(
      often(1, 'CreateModel'),
      often(2, 'UploadModelVersion'),
      often(8, 'SetAlias'),
      often(8, 'UpdateAlias'),
      often(4, 'RollbackAlias'),
      often(4, 'UpdateModel', 'DeleteModel', 'DeleteAlias', 'UpdateModelVersion'),
      often(3, 'UndeleteModel'),
      often(8, 'ArchiveModelVersion', 'UnarchiveModelVersion', 'DeleteModelVersion', 'UndeleteModelVersion'),
      often(2, 'repeat'),
    ),
    model: fc.constantFrom('a', 'a', 'a', 'a', 'a', 'a', 'a', 'b', 'c'),
    version: fc.constantFrom(1, 1, 2, 2, 3, 3, 4),
    alias: fc.constantFrom('production', 'production', ...ALIASES),
    canary: fc.constantFrom(undefined, ...[1, 2, 3, 3, 4].map((version) => ({ version, percent: 7 * version }))),
    shadow: fc.constantFrom(undefined, 1, 2, 2, 3, 4),
    updateMask: fc.constantFrom(
      ['canary'] as const,
      ['shadow_version'] as const,
      ['canary', 'shadow_version'] as const,
    ),
    text: fc.constantFrom('', 'one', 'two 😀'),
    etag: fc.constantFrom('current', 'current', 'current', 'current', 'current', 'current', 'stale', 'none'),
    requestId: fc.constantFrom('none', 'none', 'new', 'new', 'new', 'used'),
    validateOnly: fc.constantFrom(false, false, false, false, false, false, false, true),
    pick: fc.nat(),
  });
}

/** What the intent comes to where the registry is now. */
export function toCall(intent: Intent, registry: ExpectedRegistry): RegistryCall {
  const { method, model, version, alias, text, validateOnly, pick } = intent;
  if (method === 'repeat') return registry.made[pick % registry.made.length].call;
  const name = `${registry.parent}/models/${model}`;
  const versionName = `${name}/versions/${version}`;
  const aliasName = `${name}/aliases/${alias}`;
  const requestId = requestIdOf(intent, registry, method);
  const etag = etagOf(intent, registry, method);
  switch (method) {
    case 'CreateModel': {
      const values = { task: Task.TASK_EXPRESSION, description: text, labels: labelsOf(text) };
      const request = { parent: registry.parent, modelId: model, model: values, requestId, validateOnly };
      return { method, request: CreateModelRequest.fromPartial(request) };
    }
    case 'UpdateModel':
      return {
        method,
        request: UpdateModelRequest.fromPartial({
          model: { name, description: text, labels: labelsOf(text), etag },
          requestId,
        }),
      };
    case 'DeleteModel':
      return { method, request: DeleteModelRequest.fromPartial({ name, etag, requestId, validateOnly }) };
    case 'UndeleteModel':
      return { method, request: { name, requestId } };
    case 'UploadModelVersion':
      return { method, request: { parent: name, seed: version, requestId } };
    case 'UpdateModelVersion': {
      const tags = text === '' ? {} : { stage: { value: { $case: 'text' as const, value: text } } };
      const modelVersion = { name: versionName, description: text, tags, etag };
      return { method, request: UpdateModelVersionRequest.fromPartial({ modelVersion, requestId }) };
    }
    case 'ArchiveModelVersion':
    case 'UnarchiveModelVersion':
      return { method, request: { name: versionName, etag, requestId } };
    case 'DeleteModelVersion':
      return {
        method,
        request: DeleteModelVersionRequest.fromPartial({ name: versionName, etag, requestId, validateOnly }),
      };
    case 'UndeleteModelVersion':
      return { method, request: { name: versionName, requestId } };
    case 'SetAlias': {
      const values = { name: aliasName, version: versionName, etag };
      return { method, request: SetAliasRequest.fromPartial({ alias: values, reason: text, requestId, validateOnly }) };
    }
    case 'UpdateAlias': {
      const { canary, shadow, updateMask } = intent;
      const values = {
        name: aliasName,
        etag,
        canary: canary && { ...canary, version: `${name}/versions/${canary.version}` },
        shadowVersion: shadow === undefined ? '' : `${name}/versions/${shadow}`,
      };
      const request = { alias: values, updateMask: [...updateMask], reason: text, requestId, validateOnly };
      return { method, request: UpdateAliasRequest.fromPartial(request) };
    }
    case 'RollbackAlias':
      return {
        method,
        request: RollbackAliasRequest.fromPartial({ name: aliasName, etag, reason: text, requestId, validateOnly }),
      };
    case 'DeleteAlias':
      return { method, request: { name: aliasName, etag, reason: text, requestId } };
  }
}

function labelsOf(text: string): Record<string, string> {
  return text === '' ? {} : { stage: text };
}

function requestIdOf({ requestId, pick }: Intent, { made }: ExpectedRegistry, method: Method): string {
  if (requestId === 'none') return '';
  const used = made.filter(({ call }) => call.method === method);
  return requestId === 'new' || used.length === 0 ? randomUUID() : used[pick % used.length].call.request.requestId;
}

/** Of what the method changes, as far as it is there. */
function etagOf({ etag, model: id, version, alias }: Intent, { state }: ExpectedRegistry, method: Method): string {
  if (etag === 'none') return '';
  if (etag === 'stale') return '777';
  const model = state.models[id];
  const target = method.endsWith('Alias')
    ? model?.aliases[alias]
    : method.endsWith('Version')
      ? model?.versions[version - 1]
      : model;
  return String(target?.revision ?? '');
}
