import { Injectable } from '@nestjs/common';
import type { Empty } from '@resmask/contracts/google.protobuf/empty';
import type { Alias } from '@resmask/contracts/registry.v1';
import { violates } from '@resmask/database';
import { DomainError } from '@resmask/errors';
import { type AliasName, formatAliasName, formatVersionName } from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import type { Changed } from '../change/changes.js';
import { currentActor } from '../change/current-actor.js';
import { Gate } from '../gate/gate.js';
import type { ModelEntity } from '../model/model.entity.js';
import { nameOf, toAliasMessage } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { AliasEntity, type AliasEventKind } from './alias.entity.js';
import { ALIAS_TYPE, AliasRepository } from './alias.repository.js';

interface Target {
  readonly name: AliasName;
  /** Revision the caller read; empty for a new alias. */
  readonly etag: string;
  readonly reason: string;
}

interface Move extends Target {
  readonly version: number;
  readonly kind: AliasEventKind;
}

interface Current {
  readonly version: number;
  readonly revision: string;
}

/** Moves aliases inside a transaction: the etag decides, the database refuses versions that are not ready, history is written. */
@Injectable()
export class AliasMoves {
  constructor(
    readonly models: ModelRepository,
    readonly aliases: AliasRepository,
    readonly gate: Gate,
  ) {}

  /** @throws DomainError MODEL_DELETED, ETAG_MISMATCH, VERSION_NOT_READY, or GateRefusal. */
  async point(manager: EntityManager, move: Move): Promise<Changed<Alias>> {
    const { name, version } = move;
    const model = await this.models.holdLive(name, manager);
    const current = await lockAlias(manager, model, name.alias);
    expectRevision(move, current);
    // A rollback goes back to what has passed before.
    if (move.kind === 'set')
      await this.gate.pass(manager, { name, model: model.id, version, holder: current?.version });
    try {
      if (current) await update(manager, model, name.alias, version);
      else await this.#insert(manager, model, move);
    } catch (error) {
      throw violates(error, 'alias_target_ready') ? notReady({ ...name, version }) : error;
    }
    await writeHistory(manager, model, move, current?.version ?? null, version);
    const moved = await manager.findOneByOrFail(AliasEntity, { model: model.id, alias: name.alias });
    return {
      response: toAliasMessage(nameOf(model), moved),
      record: {
        ...placeOf(name),
        reason: move.reason,
        ...(current && { before: { version: current.version } }),
        after: { version },
      },
    };
  }

  /** To the version it pointed at before the last promotion that has not been rolled back yet. */
  async pointBack(manager: EntityManager, target: Target): Promise<Changed<Alias>> {
    const { name } = target;
    const model = await this.models.holdLive(name, manager);
    await this.aliases.get(model, name, manager);
    expectRevision(target, await lockAlias(manager, model, name.alias));
    const version = await previousVersion(manager, model, name.alias);
    if (version === undefined) {
      throw new DomainError('ALIAS_NO_PREVIOUS', `${formatAliasName(name)} has never pointed at another version`, {
        resource: { type: ALIAS_TYPE, name: formatAliasName(name) },
      });
    }
    return this.point(manager, { ...target, version, kind: 'rollback' });
  }

  async take(manager: EntityManager, target: Target): Promise<Changed<Empty>> {
    const { name, reason } = target;
    const model = await this.models.holdLive(name, manager);
    await this.aliases.get(model, name, manager);
    const current = await lockAlias(manager, model, name.alias);
    expectRevision(target, current);
    await manager.delete(AliasEntity, { model: model.id, alias: name.alias });
    await writeHistory(manager, model, { ...target, kind: 'delete' }, current?.version ?? null, null);
    return { response: {}, record: { ...placeOf(name), reason, before: { version: current?.version } } };
  }

  async #insert(manager: EntityManager, model: ModelEntity, { name, etag, version }: Move): Promise<void> {
    // One more than its moves: an alias that comes back does not answer to the etags of the one that was taken away.
    const inserted = await manager.query(
      `INSERT INTO model_alias (model, alias, version, revision)
         SELECT $1, $2, $3, 1 + count(*) FROM alias_event WHERE model = $1 AND alias = $2
         ON CONFLICT DO NOTHING RETURNING 1`,
      [model.id, name.alias, version],
    );
    if (inserted.length > 0) return;
    // Somebody else created it between the look and the insert.
    const winner = await manager.findOneByOrFail(AliasEntity, { model: model.id, alias: name.alias });
    throw stale(name, etag, winner.revision);
  }
}

async function lockAlias(manager: EntityManager, { id }: ModelEntity, alias: string): Promise<Current | undefined> {
  const [current] = await manager.query(
    'SELECT version, revision FROM model_alias WHERE model = $1 AND alias = $2 FOR UPDATE',
    [id, alias],
  );
  return current;
}

async function update(manager: EntityManager, { id }: ModelEntity, alias: string, version: number): Promise<void> {
  await manager.query(
    'UPDATE model_alias SET version = $3, revision = revision + 1, update_time = now() WHERE model = $1 AND alias = $2',
    [id, alias, version],
  );
}

/** Rollbacks step back through promotions, one after the other, as an editor's undo does. */
async function previousVersion(
  manager: EntityManager,
  { id }: ModelEntity,
  alias: string,
): Promise<number | undefined> {
  const events: { kind: AliasEventKind; old_version: number | null }[] = await manager.query(
    'SELECT kind, old_version FROM alias_event WHERE model = $1 AND alias = $2 ORDER BY id DESC',
    [id, alias],
  );
  let undone = 0;
  for (const { kind, old_version: old } of events) {
    if (kind === 'delete') return undefined;
    if (kind === 'rollback') undone += 1;
    else if (undone > 0) undone -= 1;
    else return old ?? undefined;
  }
  return undefined;
}

async function writeHistory(
  manager: EntityManager,
  { id }: ModelEntity,
  { name, reason, kind }: Target & { readonly kind: AliasEventKind },
  oldVersion: number | null,
  newVersion: number | null,
): Promise<void> {
  await manager.query(
    'INSERT INTO alias_event (model, alias, old_version, new_version, reason, actor, kind) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [id, name.alias, oldVersion, newVersion, reason, currentActor(), kind],
  );
}

function expectRevision({ name, etag }: Target, current: Current | undefined): void {
  if ((current?.revision ?? '') !== etag) throw stale(name, etag, current?.revision);
}

function placeOf({ namespace, model, alias }: AliasName) {
  return { namespace, model, resource: `models/${model}/aliases/${alias}` };
}

function notReady(name: { namespace: string; model: string; version: number }): DomainError {
  const message = `${formatVersionName(name)} is archived or deleted; aliases point at versions that are ready only`;
  return new DomainError('VERSION_NOT_READY', message, {
    resource: { type: 'registry.resmask.dev/ModelVersion', name: formatVersionName(name) },
  });
}

function stale(name: AliasName, got: string, current: string | undefined): DomainError {
  const now = current === undefined ? 'the alias does not exist' : `its etag is "${current}" now`;
  const sent = got === '' ? 'none was sent' : `"${got}" was sent`;
  return new DomainError('ETAG_MISMATCH', `alias.etag: ${sent}, but ${now}; read the alias again and decide anew`, {
    metadata: { etag: current ?? '' },
    resource: { type: ALIAS_TYPE, name: formatAliasName(name) },
  });
}
