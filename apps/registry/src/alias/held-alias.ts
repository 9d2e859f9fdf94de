import { DomainError } from '@resmask/errors';
import { type AliasName, formatAliasName } from '@resmask/resource-names';
import type { EntityManager } from 'typeorm';
import type { ModelEntity } from '../model/model.entity.js';
import { ALIAS_TYPE } from './alias.repository.js';
import { type AliasTraffic, canaryOf } from './alias-traffic.js';

/** An alias that somebody wants to change. */
export interface AliasTarget {
  readonly name: AliasName;
  /** Revision the caller read; empty for a new alias. */
  readonly etag: string;
  readonly reason: string;
}

/** What an alias means. */
export interface AliasState extends AliasTraffic {
  readonly version: number;
}

/** An alias that nobody else changes until the transaction is over. */
export interface HeldAlias extends AliasState {
  readonly revision: string;
}

/** The alias as the caller read it; undefined if it is new. @throws DomainError ETAG_MISMATCH with the current etag in its metadata. */
export async function holdAlias(
  manager: EntityManager,
  { id }: ModelEntity,
  { name, etag }: AliasTarget,
): Promise<HeldAlias | undefined> {
  const [row] = await manager.query(
    `SELECT version, revision, canary_version, canary_percent, shadow_version FROM model_alias
       WHERE model = $1 AND alias = $2 FOR UPDATE`,
    [id, name.alias],
  );
  if ((row?.revision ?? '') !== etag) throw staleAlias(name, etag, row?.revision);
  return (
    row && {
      version: row.version,
      revision: row.revision,
      canary: canaryOf(row.canary_version, row.canary_percent),
      shadowVersion: row.shadow_version ?? undefined,
    }
  );
}

/** Of an alias that was there a moment ago. @throws DomainError like `holdAlias`, also if it is gone. */
export async function holdExistingAlias(
  manager: EntityManager,
  model: ModelEntity,
  target: AliasTarget,
): Promise<HeldAlias> {
  const held = await holdAlias(manager, model, target);
  if (!held) throw staleAlias(target.name, target.etag, undefined);
  return held;
}

/** Makes a held alias mean something else. */
export async function writeAlias(
  manager: EntityManager,
  { id }: ModelEntity,
  alias: string,
  { version, canary, shadowVersion }: AliasState,
): Promise<void> {
  await manager.query(
    `UPDATE model_alias SET version = $3, canary_version = $4, canary_percent = $5, shadow_version = $6,
       revision = revision + 1, update_time = now() WHERE model = $1 AND alias = $2`,
    [id, alias, version, canary?.version ?? null, canary?.percent ?? null, shadowVersion ?? null],
  );
}

export function staleAlias(name: AliasName, got: string, current: string | undefined): DomainError {
  const now = current === undefined ? 'the alias does not exist' : `its etag is "${current}" now`;
  const sent = got === '' ? 'none was sent' : `"${got}" was sent`;
  return new DomainError('ETAG_MISMATCH', `alias.etag: ${sent}, but ${now}; read the alias again and decide anew`, {
    metadata: { etag: current ?? '' },
    resource: { type: ALIAS_TYPE, name: formatAliasName(name) },
  });
}
