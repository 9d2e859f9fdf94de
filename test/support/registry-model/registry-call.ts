import type { RegistryClient } from '@resmask/client';
import {
  type ArchiveModelVersionRequest,
  type CreateModelRequest,
  type DeleteAliasRequest,
  type DeleteModelRequest,
  type DeleteModelVersionRequest,
  type RollbackAliasRequest,
  type SetAliasRequest,
  type UnarchiveModelVersionRequest,
  type UndeleteModelRequest,
  type UndeleteModelVersionRequest,
  type UpdateAliasRequest,
  type UpdateModelRequest,
  type UpdateModelVersionRequest,
} from '@resmask/contracts/registry.v1';
import { newVersion, once } from '../publish.js';
import type { RegistryCalls, Unary } from '../registry-calls.js';
import { TINY_SPEC, tinyModel } from '../tiny-model.js';

/** Everything that changes the registry, by method. */
export interface UnaryRequests {
  readonly CreateModel: CreateModelRequest;
  readonly UpdateModel: UpdateModelRequest;
  readonly DeleteModel: DeleteModelRequest;
  readonly UndeleteModel: UndeleteModelRequest;
  readonly UpdateModelVersion: UpdateModelVersionRequest;
  readonly ArchiveModelVersion: ArchiveModelVersionRequest;
  readonly UnarchiveModelVersion: UnarchiveModelVersionRequest;
  readonly DeleteModelVersion: DeleteModelVersionRequest;
  readonly UndeleteModelVersion: UndeleteModelVersionRequest;
  readonly SetAlias: SetAliasRequest;
  readonly UpdateAlias: UpdateAliasRequest;
  readonly RollbackAlias: RollbackAliasRequest;
  readonly DeleteAlias: DeleteAliasRequest;
}

/** A tiny model to publish; another seed is another model. */
export interface PublishRequest {
  readonly parent: string;
  readonly seed: number;
  readonly requestId: string;
}

export interface Requests extends UnaryRequests {
  readonly UploadModelVersion: PublishRequest;
}

export type Method = keyof Requests;

/** A call that changes the registry. */
export type RegistryCall = { [M in Method]: { readonly method: M; readonly request: Requests[M] } }[Method];

const UNARY: {
  readonly [M in keyof UnaryRequests]: (stub: RegistryCalls['stub']) => Unary<UnaryRequests[M], unknown>;
} = {
  CreateModel: (stub) => stub.createModel,
  UpdateModel: (stub) => stub.updateModel,
  DeleteModel: (stub) => stub.deleteModel,
  UndeleteModel: (stub) => stub.undeleteModel,
  UpdateModelVersion: (stub) => stub.updateModelVersion,
  ArchiveModelVersion: (stub) => stub.archiveModelVersion,
  UnarchiveModelVersion: (stub) => stub.unarchiveModelVersion,
  DeleteModelVersion: (stub) => stub.deleteModelVersion,
  UndeleteModelVersion: (stub) => stub.undeleteModelVersion,
  SetAlias: (stub) => stub.setAlias,
  UpdateAlias: (stub) => stub.updateAlias,
  RollbackAlias: (stub) => stub.rollbackAlias,
  DeleteAlias: (stub) => stub.deleteAlias,
};

/** Makes a call at a real registry. @throws ResmaskError */
export function perform(client: RegistryClient, calls: RegistryCalls, call: RegistryCall): Promise<unknown> {
  if (call.method !== 'UploadModelVersion') return performUnary(calls, call.method, call.request);
  const { parent, seed, requestId } = call.request;
  const bytes = tinyModel(seed);
  return client.uploadModelVersion(parent, newVersion(bytes, TINY_SPEC), once(bytes), { requestId });
}

function performUnary<M extends keyof UnaryRequests>(
  calls: RegistryCalls,
  method: M,
  request: UnaryRequests[M],
): Promise<unknown> {
  return calls.call(UNARY[method], request);
}
