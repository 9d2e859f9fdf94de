import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipBox, intersectionOverUnion } from './box.js';
import { type Detection, suppressNonMaxima } from './detection.js';

const box = fc.record({
  x: fc.integer({ min: 0, max: 50 }),
  y: fc.integer({ min: 0, max: 50 }),
  width: fc.integer({ min: 1, max: 30 }),
  height: fc.integer({ min: 1, max: 30 }),
});
const detection = fc.record({ box, score: fc.double({ min: 0, max: 1, noNaN: true }), landmarks: fc.constant([]) });

describe('intersectionOverUnion', () => {
  it('is symmetric, 1 for a box with itself, and within [0, 1]', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const overlap = intersectionOverUnion(a, b);
        expect(overlap).toBe(intersectionOverUnion(b, a));
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1);
        expect(intersectionOverUnion(a, a)).toBe(1);
      }),
    );
  });

  it('knows a third', () => {
    expect(intersectionOverUnion({ x: 0, y: 0, width: 2, height: 1 }, { x: 1, y: 0, width: 2, height: 1 })).toBeCloseTo(
      1 / 3,
    );
  });
});

describe('suppressNonMaxima', () => {
  it('keeps no two that overlap more than allowed, and for each one dropped a better one that overlaps it', () => {
    fc.assert(
      fc.property(fc.array(detection, { maxLength: 12 }), (detections: Detection[]) => {
        const kept = suppressNonMaxima(detections, 0.4);
        for (const [i, a] of kept.entries()) {
          for (const b of kept.slice(i + 1)) expect(intersectionOverUnion(a.box, b.box)).toBeLessThanOrEqual(0.4);
        }
        for (const dropped of detections.filter((candidate) => !kept.includes(candidate))) {
          const better = kept.some((k) => k.score >= dropped.score && intersectionOverUnion(k.box, dropped.box) > 0.4);
          expect(better).toBe(true);
        }
      }),
    );
  });
});

describe('clipBox', () => {
  it('keeps the part inside the image, or nothing', () => {
    expect(clipBox({ x: -2, y: 3, width: 5, height: 100 }, 10, 10)).toEqual({ x: 0, y: 3, width: 3, height: 7 });
    expect(clipBox({ x: 10, y: 0, width: 5, height: 5 }, 10, 10)).toBeUndefined();
  });
});
