import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Box, intersectionOverUnion } from './box.js';
import { assignByOverlap, type ExpectedBox } from './overlap-assignment.js';

const at = (x: number): Box => ({ x, y: 0, width: 10, height: 10 });
const expected = (x: number, margin = 0): ExpectedBox => ({ box: at(x), margin });
const boxes = fc.array(
  fc.integer({ min: 0, max: 40 }).map((x) => at(x)),
  { maxLength: 5 },
);

describe('assignByOverlap', () => {
  it('leaves no box without a partner because of one good pair', () => {
    // Greedily the first source would take its best target and leave the other target and source to nobody.
    expect(assignByOverlap([expected(0), expected(7)], [at(3), at(-4)], 0.2)).toEqual([1, 0]);
  });

  it('makes no pair of less overlap than asked for', () => {
    expect(assignByOverlap([expected(0)], [at(8)], 0.2)).toEqual([undefined]);
    expect(assignByOverlap([expected(0)], [at(8)], 0.1)).toEqual([0]);
    expect(assignByOverlap([expected(0)], [at(10)], 0)).toEqual([undefined]);
  });

  it('pairs boxes apart if the margin reaches that far', () => {
    // Grown by 5 on each side they are 20 wide, 12 apart, and overlap by 8 of 32 along and all of their height.
    expect(assignByOverlap([expected(0, 0.5)], [at(12)], 0.25)).toEqual([0]);
    expect(assignByOverlap([expected(0, 0.5)], [at(12)], 0.26)).toEqual([undefined]);
  });

  it('pairs each box once, with the largest sum of overlaps there is', () => {
    fc.assert(
      fc.property(boxes, boxes, (sources, targets) => {
        const partners = assignByOverlap(
          sources.map((box) => ({ box, margin: 0 })),
          targets,
          0.2,
        );
        const taken = partners.filter((partner) => partner !== undefined);
        expect(partners).toHaveLength(targets.length);
        expect(new Set(taken).size).toBe(taken.length);
        const sum = partners.reduce<number>(
          (total, partner, i) => total + (partner === undefined ? 0 : overlap(sources[partner], targets[i])),
          0,
        );
        expect(sum).toBeCloseTo(bestSum(sources, targets), 9);
      }),
    );
  });
});

function overlap(a: Box, b: Box): number {
  const value = intersectionOverUnion(a, b);
  return value >= 0.2 ? value : 0;
}

function bestSum(sources: readonly Box[], [target, ...targets]: readonly Box[]): number {
  if (!target) return 0;
  const taking = sources.map(
    (source, i) => overlap(source, target) + bestSum([...sources.slice(0, i), ...sources.slice(i + 1)], targets),
  );
  return Math.max(bestSum(sources, targets), ...taking);
}
