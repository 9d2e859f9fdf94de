import type { EntityManager } from 'typeorm';
import { currentActor } from '../change/current-actor.js';
import type { ModelEntity } from '../model/model.entity.js';
import type { AliasEventKind } from './alias.entity.js';
import type { AliasState, AliasTarget } from './held-alias.js';

/** Tells in an alias's history what it meant and what it means now; undefined where it was or is not there. */
export async function writeHistory(
  manager: EntityManager,
  { id }: ModelEntity,
  { name, reason, kind }: Omit<AliasTarget, 'etag'> & { readonly kind: AliasEventKind },
  before: AliasState | undefined,
  after: AliasState | undefined,
): Promise<void> {
  await manager.query(
    `INSERT INTO alias_event (model, alias, reason, actor, kind,
         old_version, old_canary_version, old_canary_percent, old_shadow_version,
         new_version, new_canary_version, new_canary_percent, new_shadow_version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [id, name.alias, reason, currentActor(), kind, ...columnsOf(before), ...columnsOf(after)],
  );
}

function columnsOf(state: AliasState | undefined): (number | undefined)[] {
  return [state?.version, state?.canary?.version, state?.canary?.percent, state?.shadowVersion];
}

/** Rollbacks step back through promotions, one after the other, as an editor's undo does. */
export async function previousVersion(
  manager: EntityManager,
  { id }: ModelEntity,
  alias: string,
): Promise<number | undefined> {
  const moves: { kind: AliasEventKind; old_version: number | null }[] = await manager.query(
    "SELECT kind, old_version FROM alias_event WHERE model = $1 AND alias = $2 AND kind <> 'traffic' ORDER BY id DESC",
    [id, alias],
  );
  let undone = 0;
  for (const { kind, old_version: old } of moves) {
    if (kind === 'delete') return undefined;
    if (kind === 'rollback') undone += 1;
    else if (undone > 0) undone -= 1;
    else return old ?? undefined;
  }
  return undefined;
}
