import { Injectable } from '@nestjs/common';
import type { Alias } from '@resmask/contracts/registry.v1';
import { violates } from '@resmask/database';
import { invalidField } from '@resmask/errors';
import { type AliasName, formatVersionName } from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import type { Changed } from '../change/changes.js';
import { Gate } from '../gate/gate.js';
import type { ModelEntity } from '../model/model.entity.js';
import { nameOf, toAliasMessage } from '../model/model.messages.js';
import { ModelRepository } from '../model/model.repository.js';
import { AliasEntity } from './alias.entity.js';
import { AliasRepository } from './alias.repository.js';
import { writeHistory } from './alias-history.js';
import { trafficRecord } from './alias-record.js';
import type { AliasTraffic, Canary } from './alias-traffic.js';
import { type AliasState, type AliasTarget, holdExistingAlias, writeAlias } from './held-alias.js';
import { notReady } from './not-ready.js';

/** A change of canary or shadow; what is not named stays. */
export interface AliasUpdate extends AliasTarget {
  readonly traffic: Partial<AliasTraffic>;
}

/** Changes canaries and shadows inside a transaction, by the rules of moves. */
@Injectable()
export class AliasUpdates {
  constructor(
    readonly models: ModelRepository,
    readonly aliases: AliasRepository,
    readonly gate: Gate,
  ) {}

  /** @throws DomainError MODEL_DELETED, ALIAS_NOT_FOUND, ETAG_MISMATCH, FIELD_INVALID, VERSION_NOT_READY, or GateRefusal. */
  async make(manager: EntityManager, update: AliasUpdate): Promise<Changed<Alias>> {
    const { name, traffic } = update;
    const model = await this.models.holdLive(name, manager);
    await this.aliases.get(model, name, manager);
    const current = await holdExistingAlias(manager, model, update);
    const { version: holder } = current;
    const next: AliasState = { ...current, ...traffic };
    expectDifferent(name, next);
    if (isServedMore(current.canary, next.canary))
      await this.gate.pass(manager, { name, model: model.id, version: next.canary.version, holder });
    await write(manager, model, name, next);
    await writeHistory(manager, model, { ...update, kind: 'traffic' }, current, next);
    const updated = await manager.findOneByOrFail(AliasEntity, { model: model.id, alias: name.alias });
    return {
      response: toAliasMessage(nameOf(model), updated),
      record: trafficRecord(update, current, next, traffic),
    };
  }
}

/** Turning a canary down must work in an emergency, whatever its gate says by now. */
function isServedMore(before: Canary | undefined, after: Canary | undefined): after is Canary {
  if (!after) return false;
  return after.version !== before?.version || after.percent > before.percent;
}

/** The etag says which alias the caller means, so it is the request that is wrong, not the moment. */
function expectDifferent(name: AliasName, { version, canary, shadowVersion }: AliasState): void {
  const got = (number: number): string => `got ${formatVersionName({ ...name, version: number })}`;
  if (canary?.version === version)
    throw invalidField('alias.canary.version', `${got(version)}, which the alias points at; give another version`);
  if (shadowVersion === version)
    throw invalidField('alias.shadow_version', `${got(version)}, which the alias points at; give another version`);
  if (!canary || canary.version !== shadowVersion) return;
  throw invalidField(
    'alias.canary.version',
    `${got(shadowVersion)}, and as alias.shadow_version too; allowed is one of them: take the other away in the same call`,
  );
}

async function write(manager: EntityManager, model: ModelEntity, name: AliasName, next: AliasState): Promise<void> {
  try {
    await writeAlias(manager, model, name.alias, next);
  } catch (error) {
    const { canary, shadowVersion } = next;
    if (canary && violates(error, 'alias_canary_ready')) throw notReady({ ...name, version: canary.version });
    if (shadowVersion !== undefined && violates(error, 'alias_shadow_ready'))
      throw notReady({ ...name, version: shadowVersion });
    throw error;
  }
}
