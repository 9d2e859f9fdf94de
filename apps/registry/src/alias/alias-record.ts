import { isDeepStrictEqual } from 'node:util';
import type { ChangeRecord, Facts } from '../change/change-record.js';
import type { AliasTraffic } from './alias-traffic.js';
import type { AliasState, AliasTarget } from './held-alias.js';

const PARTS = ['canary', 'shadowVersion'] as const satisfies (keyof AliasTraffic)[];
type Part = (typeof PARTS)[number];

/** What is told of a move: the versions, and of canary and shadow what changed. */
export function moveRecord(
  target: Omit<AliasTarget, 'etag'>,
  before: AliasState | undefined,
  after: AliasState | undefined,
): ChangeRecord {
  const changed = PARTS.filter((part) => !isDeepStrictEqual(before?.[part], after?.[part]));
  const facts = (state: AliasState): Facts => ({ version: state.version, ...trafficFacts(state, changed) });
  return {
    ...placeOf(target),
    ...(before && { before: facts(before) }),
    ...(after && { after: facts(after) }),
  };
}

/** What is told of a change of canary or shadow: those that the caller named. */
export function trafficRecord(
  target: AliasTarget,
  before: AliasTraffic,
  after: AliasTraffic,
  named: Partial<AliasTraffic>,
): ChangeRecord {
  const parts = PARTS.filter((part) => part in named);
  return { ...placeOf(target), before: trafficFacts(before, parts), after: trafficFacts(after, parts) };
}

/** What is not there is null: who reads only that a canary is gone must see it. */
function trafficFacts(traffic: AliasTraffic, parts: readonly Part[]): Facts {
  return Object.fromEntries(parts.map((part) => [part, traffic[part] ?? null]));
}

function placeOf({ name: { namespace, model, alias }, reason }: Omit<AliasTarget, 'etag'>) {
  return { namespace, model, resource: `models/${model}/aliases/${alias}`, reason };
}
