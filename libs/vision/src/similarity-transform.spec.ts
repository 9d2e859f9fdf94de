import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Point } from './detection.js';
import { estimateSimilarity, invertSimilarity, scaleOf, transformPoint } from './similarity-transform.js';

const POINTS: Point[] = [
  { x: 0, y: 0 },
  { x: 10, y: 0 },
  { x: 4, y: 7 },
  { x: 1, y: 12 },
  { x: 9, y: 11 },
];
const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const transform = fc
  .record({
    angle: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
    scale: fc.double({ min: 0.1, max: 20, noNaN: true }),
    moveX: coordinate,
    moveY: coordinate,
  })
  .map(({ angle, scale, ...move }) => ({ a: scale * Math.cos(angle), b: scale * Math.sin(angle), ...move }));

describe('estimateSimilarity', () => {
  it('recovers any turn, scale and move from the images of points', () => {
    fc.assert(
      fc.property(transform, (wanted) => {
        const got = estimateSimilarity(
          POINTS,
          POINTS.map((point) => transformPoint(wanted, point)),
        );
        for (const key of ['a', 'b', 'moveX', 'moveY'] as const) expect(got?.[key]).toBeCloseTo(wanted[key], 8);
        expect(got && scaleOf(got)).toBeCloseTo(scaleOf(wanted), 8);
      }),
    );
  });

  it('is closer to the images than transforms beside it, when they fit none', () => {
    const error = (candidate: NonNullable<ReturnType<typeof estimateSimilarity>>, images: readonly Point[]): number =>
      POINTS.reduce((sum, point, i) => {
        const { x, y } = transformPoint(candidate, point);
        return sum + (x - images[i].x) ** 2 + (y - images[i].y) ** 2;
      }, 0);
    const images = fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 5, maxLength: 5 });
    const nudge = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(images, nudge, nudge, nudge, nudge, (to, a, b, moveX, moveY) => {
        const best = estimateSimilarity(POINTS, to);
        if (!best) throw new TypeError('points that differ have a transform');
        const beside = { a: best.a + a, b: best.b + b, moveX: best.moveX + moveX, moveY: best.moveY + moveY };
        expect(error(best, to)).toBeLessThanOrEqual(error(beside, to) + 1e-6);
      }),
    );
  });

  it('knows no scale of points that coincide, and wants an image for each point', () => {
    expect(estimateSimilarity([POINTS[1], POINTS[1]], [POINTS[0], POINTS[1]])).toBeUndefined();
    expect(() => estimateSimilarity(POINTS, POINTS.slice(1))).toThrow('got 5 and 4');
  });
});

describe('invertSimilarity', () => {
  it('brings every point back', () => {
    fc.assert(
      fc.property(transform, coordinate, coordinate, (there, x, y) => {
        const back = invertSimilarity(there);
        if (!back) throw new TypeError('a scale above 0 can be undone');
        const point = transformPoint(back, transformPoint(there, { x, y }));
        expect(point.x).toBeCloseTo(x, 6);
        expect(point.y).toBeCloseTo(y, 6);
      }),
    );
  });

  it('cannot undo what brings everything to one point', () => {
    expect(invertSimilarity({ a: 0, b: 0, moveX: 3, moveY: 4 })).toBeUndefined();
  });
});
