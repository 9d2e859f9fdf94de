import { formatShape } from '@resmask/tensor';
import type { Architecture } from './architecture.js';
import type { NetworkOptions } from './network-options.js';
import { stateDict } from './state-dict.js';

/** Shapes of a checkpoint's tensors by key. */
export type TensorShapes = ReadonlyMap<string, readonly number[]>;

/** How a checkpoint differs from what a network is built from. */
export interface StateDictMatch {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshaped: readonly { readonly key: string; readonly got: string; readonly needed: string }[];
}

/** Batches a batch normalisation has seen: every PyTorch checkpoint has them, and no network needs them. */
const COUNTER = /\.num_batches_tracked$/;
/** Keys that are listed; the rest are counted. */
const LISTED = 20;

/** A tensor of two names may be there under either; what only training needs is not missed and not unexpected. */
export function matchStateDict(
  architecture: Architecture,
  options: Partial<NetworkOptions>,
  shapes: TensorShapes,
): StateDictMatch {
  const entries = stateDict(architecture, options);
  const known = new Set(entries.flatMap(({ key, alias }) => (alias === undefined ? [key] : [key, alias])));
  const isUnexpected = (key: string): boolean =>
    !known.has(key) && !COUNTER.test(key) && !architecture.trainingOnly?.test(key);
  const missing: string[] = [];
  const misshaped: StateDictMatch['misshaped'][number][] = [];
  for (const { key, alias, shape } of entries) {
    const names = [key, alias].filter((name) => name !== undefined && shapes.has(name));
    if (names.length === 0) missing.push(key);
    for (const name of names as string[]) {
      const [got, needed] = [formatShape(shapes.get(name) ?? []), formatShape(shape)];
      if (got !== needed) misshaped.push({ key: name, got, needed });
    }
  }
  return { missing, unexpected: [...shapes.keys()].filter(isUnexpected), misshaped };
}

/** Every difference, the first twenty of each kind by name; nothing where there is none. */
export function describeDifferences({ missing, unexpected, misshaped }: StateDictMatch): string[] {
  const shapes = misshaped.map(({ key, got, needed }) => `${key} is ${got}, needed is ${needed}`);
  return [...listed('missing', missing), ...listed('of another shape', shapes), ...listed('unexpected', unexpected)];
}

function listed(kind: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const rest = items.length > LISTED ? ` and ${items.length - LISTED} more` : '';
  return [`${items.length} ${kind}: ${items.slice(0, LISTED).join(', ')}${rest}`];
}
