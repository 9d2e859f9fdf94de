import { munkres } from 'munkres';
import { type Box, intersectionOverUnion } from './box.js';

/** Where a thing is expected. */
export interface ExpectedBox {
  readonly box: Box;
  /** How far it may be off, in widths and heights on each side: overlaps are taken of boxes that are larger by that much. */
  readonly margin: number;
}

/**
 * Pairs boxes of two lists so that the sum of their overlaps is as large as can be (the Hungarian method): unlike pairing greedily, one
 * good pair never takes from two others their only partners, as happens where faces cross.
 * Margins let boxes meet that moved apart: Yang et al., "Hard to Track Objects with Irregular Motions and Similar Appearances? Make It
 * Easier by Buffering the Matching Space" (2023), section 3.2.
 * @param minOverlap pairs with less intersection over union, and those with none, are not made
 * @returns for each box of `targets` its partner's place in `sources`, or undefined
 */
export function assignByOverlap(
  sources: readonly ExpectedBox[],
  targets: readonly Box[],
  minOverlap: number,
): (number | undefined)[] {
  const partners: (number | undefined)[] = Array(targets.length).fill(undefined);
  if (sources.length === 0 || targets.length === 0) return partners;
  const overlaps = targets.map((target) =>
    sources.map(({ box, margin }) => {
      const overlap = intersectionOverUnion(grown(box, margin), grown(target, margin));
      return overlap >= minOverlap ? overlap : 0;
    }),
  );
  const costs = overlaps.map((row) => row.map((overlap) => 1 - overlap));
  for (const [target, source] of munkres(costs)) if (overlaps[target][source] > 0) partners[target] = source;
  return partners;
}

function grown({ x, y, width, height }: Box, margin: number): Box {
  return {
    x: x - width * margin,
    y: y - height * margin,
    width: width * (1 + 2 * margin),
    height: height * (1 + 2 * margin),
  };
}
