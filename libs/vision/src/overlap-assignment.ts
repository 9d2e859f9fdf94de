import { munkres } from 'munkres';
import { type Box, intersectionOverUnion } from './box.js';

/**
 * Pairs boxes of two lists so that the sum of their overlaps is as large as can be (the Hungarian method): unlike pairing greedily, one
 * good pair never takes from two others their only partners, as happens where faces cross.
 * @param minOverlap pairs with less intersection over union, and those with none, are not made
 * @returns for each box of `targets` its partner's place in `sources`, or undefined
 */
export function assignByOverlap(
  sources: readonly Box[],
  targets: readonly Box[],
  minOverlap: number,
): (number | undefined)[] {
  const partners: (number | undefined)[] = Array(targets.length).fill(undefined);
  if (sources.length === 0 || targets.length === 0) return partners;
  const overlaps = targets.map((target) =>
    sources.map((source) => {
      const overlap = intersectionOverUnion(source, target);
      return overlap >= minOverlap ? overlap : 0;
    }),
  );
  const costs = overlaps.map((row) => row.map((overlap) => 1 - overlap));
  for (const [target, source] of munkres(costs)) if (overlaps[target][source] > 0) partners[target] = source;
  return partners;
}
