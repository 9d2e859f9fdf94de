import type {
  DeleteAliasRequest,
  RollbackAliasRequest,
  SetAliasRequest,
  UpdateAliasRequest,
} from '@resmask/contracts/registry.v1';
import {
  anyModel,
  type ExpectedAlias,
  type ExpectedMeaning,
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
  const to = moved(current, version);
  model.aliases[alias] = {
    ...to,
    // An alias that comes back must not answer to the etags of the one that was taken away.
    revision: (model.moves[alias]?.length ?? 0) + 1,
    before: current ? [...current.before, current.version] : [],
  };
  return record(model, id, alias, { kind: 'set', from: current, to, reason });
}

/** Goes back one promotion, as an editor's undo does. */
export function rollbackAlias(state: ExpectedState, { name, etag, reason }: RollbackAliasRequest): Told {
  const { model: id, alias } = placeOf(name);
  const model = liveModel(state, id);
  const current = existing(model, alias);
  expectCurrent(etag, current);
  const version = current.before.at(-1);
  if (version === undefined) throw new Refusal('ALIAS_NO_PREVIOUS');
  expectReady(model, version);
  const to = moved(current, version);
  model.aliases[alias] = { ...to, revision: current.revision + 1, before: current.before.slice(0, -1) };
  return record(model, id, alias, { kind: 'rollback', from: current, to, reason });
}

export function deleteAlias(state: ExpectedState, { name, etag, reason }: DeleteAliasRequest): Told {
  const { model: id, alias } = placeOf(name);
  const model = liveModel(state, id);
  const current = existing(model, alias);
  expectCurrent(etag, current);
  delete model.aliases[alias];
  return record(model, id, alias, { kind: 'delete', from: current, to: undefined, reason });
}

export function updateAlias(state: ExpectedState, { alias: given, updateMask = [], reason }: UpdateAliasRequest): Told {
  const { model: id, alias } = placeOf(given?.name ?? '');
  const canary = given?.canary && { ...given.canary, version: placeOf(given.canary.version).version };
  const shadow = given?.shadowVersion ? placeOf(given.shadowVersion).version : undefined;
  const change: Partial<ExpectedMeaning> = {
    ...(updateMask.includes('canary') && { canary }),
    ...(updateMask.includes('shadow_version') && { shadow }),
  };
  const named = [change.canary?.version, change.shadow].filter((number) => number !== undefined);
  for (const number of named) versionOf(anyModel(state, id), number);
  const model = liveModel(state, id);
  const current = existing(model, alias);
  expectCurrent(given?.etag ?? '', current);
  const to = { ...current, ...change };
  const parts = [to.version, to.canary?.version, to.shadow].filter((number) => number !== undefined);
  if (new Set(parts).size < parts.length) throw new Refusal('FIELD_INVALID');
  for (const number of parts) expectReady(model, number);
  model.aliases[alias] = { ...to, revision: current.revision + 1 };
  model.moves[alias] = [...(model.moves[alias] ?? []), { kind: 'traffic', from: current, to, reason }];
  const facts = (meaning: ExpectedMeaning) => ({
    ...('canary' in change && { canary: meaning.canary ?? null }),
    ...('shadow' in change && { shadowVersion: meaning.shadow ?? null }),
  });
  return { resource: `models/${id}/aliases/${alias}`, reason, before: facts(current), after: facts(to) };
}

/** A move ends a canary, and the shadow that it moves to. */
function moved(current: ExpectedAlias | undefined, version: number): ExpectedMeaning {
  const shadow = current?.shadow === version ? undefined : current?.shadow;
  return { version, ...(shadow !== undefined && { shadow }) };
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
  const { from, to, reason } = move;
  const facts = (meaning: ExpectedMeaning | undefined) =>
    meaning && {
      version: meaning.version,
      ...(from?.canary && { canary: meaning.canary ?? null }),
      ...(from?.shadow !== to?.shadow && { shadowVersion: meaning.shadow ?? null }),
    };
  return { resource: `models/${id}/aliases/${alias}`, reason, before: facts(from), after: facts(to) };
}
