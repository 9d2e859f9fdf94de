import { Injectable } from '@nestjs/common';
import type { Empty } from '@resmask/contracts/google.protobuf/empty';
import type { Alias } from '@resmask/contracts/registry.v1';
import { violates } from '@resmask/database';
import { DomainError } from '@resmask/errors';
import { formatAliasName } from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import type { Changed } from '../change/changes.js';
import { Gate } from '../gate/gate.js';
import type { ModelEntity } from '../model/model.entity.js';
import { nameOf, toAliasMessage } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { AliasEntity, type AliasEventKind } from './alias.entity.js';
import { ALIAS_TYPE, AliasRepository } from './alias.repository.js';
import { previousVersion, writeHistory } from './alias-history.js';
import { moveRecord } from './alias-record.js';
import { NO_TRAFFIC, trafficAfterMove } from './alias-traffic.js';
import { type AliasTarget, holdAlias, holdExistingAlias, staleAlias, writeAlias } from './held-alias.js';
import { notReady } from './not-ready.js';

interface Move extends AliasTarget {
  readonly version: number;
  readonly kind: AliasEventKind;
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
    const current = await holdAlias(manager, model, move);
    // A rollback goes back to what has passed before.
    if (move.kind === 'set')
      await this.gate.pass(manager, { name, model: model.id, version, holder: current?.version });
    const next = { version, ...trafficAfterMove(current ?? NO_TRAFFIC, version) };
    try {
      if (current) await writeAlias(manager, model, name.alias, next);
      else await this.#insert(manager, model, move);
    } catch (error) {
      throw violates(error, 'alias_target_ready') ? notReady({ ...name, version }) : error;
    }
    await writeHistory(manager, model, move, current, next);
    const moved = await manager.findOneByOrFail(AliasEntity, { model: model.id, alias: name.alias });
    return { response: toAliasMessage(nameOf(model), moved), record: moveRecord(move, current, next) };
  }

  /** To the version it pointed at before the last promotion that has not been rolled back yet. */
  async pointBack(manager: EntityManager, target: AliasTarget): Promise<Changed<Alias>> {
    const { name } = target;
    const model = await this.models.holdLive(name, manager);
    await this.aliases.get(model, name, manager);
    await holdExistingAlias(manager, model, target);
    const version = await previousVersion(manager, model, name.alias);
    if (version === undefined) {
      throw new DomainError('ALIAS_NO_PREVIOUS', `${formatAliasName(name)} has never pointed at another version`, {
        resource: { type: ALIAS_TYPE, name: formatAliasName(name) },
      });
    }
    return this.point(manager, { ...target, version, kind: 'rollback' });
  }

  async take(manager: EntityManager, target: AliasTarget): Promise<Changed<Empty>> {
    const { name } = target;
    const model = await this.models.holdLive(name, manager);
    await this.aliases.get(model, name, manager);
    const current = await holdExistingAlias(manager, model, target);
    await manager.delete(AliasEntity, { model: model.id, alias: name.alias });
    await writeHistory(manager, model, { ...target, kind: 'delete' }, current, undefined);
    return { response: {}, record: moveRecord(target, current, undefined) };
  }

  async #insert(manager: EntityManager, model: ModelEntity, { name, etag, version }: Move): Promise<void> {
    // One more than its changes: an alias that comes back does not answer to the etags of the one that was taken away.
    const inserted = await manager.query(
      `INSERT INTO model_alias (model, alias, version, revision)
         SELECT $1, $2, $3, 1 + count(*) FROM alias_event WHERE model = $1 AND alias = $2
         ON CONFLICT DO NOTHING RETURNING 1`,
      [model.id, name.alias, version],
    );
    if (inserted.length > 0) return;
    // Somebody else created it between the look and the insert.
    const winner = await manager.findOneByOrFail(AliasEntity, { model: model.id, alias: name.alias });
    throw staleAlias(name, etag, winner.revision);
  }
}
