import type { DeleteAliasRequest, RollbackAliasRequest, SetAliasRequest } from '@resmask/contracts/registry.v1';
import {
  anyModel,
  type ExpectedAlias,
  type ExpectedModel,
  type ExpectedMove,
  type ExpectedState,
  liveModel,
  Refusal,
  type Told,
  versionOf,
} from './expected-state.js';
import { placeOf } from './place-of.js';

export function setAlias(state: ExpectedState, { alias: given, reason }: SetAliasRequest): Told {
  const { model: id, alias } = placeOf(given?.name ?? '');
  const { version } = placeOf(given?.version ?? '');
  versionOf(anyModel(state, id), version);
  const model = liveModel(state, id);
  const current = model.aliases[alias];
  expectCurrent(given?.etag ?? '', current);
  expectReady(model, version);
  model.aliases[alias] = {
    version,
    // An alias that comes back must not answer to the etags of the one that was taken away.
    revision: (model.moves[alias]?.length ?? 0) + 1,
    before: current ? [...current.before, current.version] : [],
  };
  return record(model, id, alias, { kind: 'set', from: current?.version, to: version, reason });
}

/** Goes back one promotion, as an editor's undo does. */
export function rollbackAlias(state: ExpectedState, { name, etag, reason }: RollbackAliasRequest): Told {
  const { model: id, alias } = placeOf(name);
  const model = liveModel(state, id);
  const current = existing(model, alias);
  expectCurrent(etag, current);
  const to = current.before.at(-1);
  if (to === undefined) throw new Refusal('ALIAS_NO_PREVIOUS');
  expectReady(model, to);
  model.aliases[alias] = { version: to, revision: current.revision + 1, before: current.before.slice(0, -1) };
  return record(model, id, alias, { kind: 'rollback', from: current.version, to, reason });
}

export function deleteAlias(state: ExpectedState, { name, etag, reason }: DeleteAliasRequest): Told {
  const { model: id, alias } = placeOf(name);
  const model = liveModel(state, id);
  const current = existing(model, alias);
  expectCurrent(etag, current);
  delete model.aliases[alias];
  return record(model, id, alias, { kind: 'delete', from: current.version, to: undefined, reason });
}

function existing(model: ExpectedModel, alias: string): ExpectedAlias {
  const current = model.aliases[alias];
  if (!current) throw new Refusal('ALIAS_NOT_FOUND');
  return current;
}

/** Unlike elsewhere, an etag is needed for what exists. */
function expectCurrent(etag: string, current: ExpectedAlias | undefined): void {
  if (etag !== String(current?.revision ?? '')) throw new Refusal('ETAG_MISMATCH');
}

function expectReady(model: ExpectedModel, number: number): void {
  if (versionOf(model, number).state !== 'ready') throw new Refusal('VERSION_NOT_READY');
}

function record(model: ExpectedModel, id: string, alias: string, move: ExpectedMove): Told {
  model.moves[alias] = [...(model.moves[alias] ?? []), move];
  const facts = (version: number | undefined) => (version === undefined ? undefined : { version });
  const resource = `models/${id}/aliases/${alias}`;
  return { resource, reason: move.reason, before: facts(move.from), after: facts(move.to) };
}
