import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignedCrop, alignedSquare } from './aligned-crop.js';
import type { Point } from './detection.js';
import { type Pixels, pixels } from './pixels.js';
import { type SimilarityTransform, transformPoint } from './similarity-transform.js';
import { warpSquare } from './warp-square.js';

/** ArcFace's template: a face that stands upright in a picture of 112 × 112 pixels. */
const UPRIGHT: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];

/** What a camera that is turned, moved and nearer would see of a scene that is smooth and looks different everywhere. */
function photograph(fromScene: SimilarityTransform, size: number): { image: Pixels; landmarks: Point[] } {
  const { a, b, moveX, moveY } = fromScene;
  const square = a * a + b * b;
  const data = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const x = column + 0.5 - moveX;
      const y = row + 0.5 - moveY;
      data.set(colourAt((a * x + b * y) / square, (a * y - b * x) / square), (row * size + column) * 3);
    }
  }
  return {
    image: pixels(size, size, 3, data),
    landmarks: UPRIGHT.map((point) => transformPoint(fromScene, point)),
  };
}

function colourAt(x: number, y: number): number[] {
  return [
    128 + 100 * Math.sin(x / 9 + y / 30),
    128 + 100 * Math.sin(y / 11 - x / 25),
    128 + 100 * Math.cos((x * y) / 900),
  ];
}

function turned(angle: number, scale: number, size: number): SimilarityTransform {
  const a = scale * Math.cos(angle);
  const b = scale * Math.sin(angle);
  const centre = { x: 56, y: 65 };
  return { a, b, moveX: size / 2 - a * centre.x + b * centre.y, moveY: size / 2 - b * centre.x - a * centre.y };
}

function meanDifference(one: Pixels, other: Pixels): number {
  return one.data.reduce((sum, value, i) => sum + Math.abs(value - other.data[i]), 0) / one.data.length;
}

describe('alignedCrop', () => {
  const straight = photograph(turned(0, 1.5, 260), 260);
  const upright = alignedCrop(straight.image, straight.landmarks, 1.1);

  it('shows a face the same however the picture is turned', () => {
    fc.assert(
      fc.property(fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }), (angle) => {
        const { image, landmarks } = photograph(turned(angle, 1.5, 260), 260);
        const crop = alignedCrop(image, landmarks, 1.1);
        if (!crop || !upright) throw new TypeError('the face is inside the picture');
        expect([crop.width, crop.height]).toEqual([upright.width, upright.height]);
        expect(meanDifference(crop, upright)).toBeLessThan(1);
      }),
      { numRuns: 25 },
    );
  });

  it('has the resolution of the picture', () => {
    expect(upright?.width).toBe(Math.round(95 * 1.1 * 1.5));
    const far = photograph(turned(0.3, 0.5, 120), 120);
    expect(alignedCrop(far.image, far.landmarks, 1.1)?.width).toBe(Math.round(95 * 1.1 * 0.5));
  });

  it('is black beyond the picture, and nothing when it is beyond it altogether', () => {
    const moved = (x: number): Point[] => straight.landmarks.map((point) => ({ x: point.x + x, y: point.y }));
    const cut = alignedCrop(straight.image, moved(-130), 1);
    expect([...(cut?.data.subarray(0, 30) ?? [])]).toEqual(Array(30).fill(0));
    expect(cut?.data.at(-1)).toBeGreaterThan(0);
    expect(alignedCrop(straight.image, moved(-400), 1)).toBeUndefined();
  });

  it('never has a longer side than the picture, however far apart landmarks are', () => {
    const huge = straight.landmarks.map(({ x, y }) => ({ x: x * 1e6, y: y * 1e6 }));
    expect(alignedSquare(huge, 1.1, 260)?.side).toBe(260);
  });

  it('gives nothing for landmarks in one place, and refuses another number of them', () => {
    expect(alignedCrop(straight.image, Array(5).fill({ x: 5, y: 5 }), 1.1)).toBeUndefined();
    expect(() => alignedCrop(straight.image, [], 1.1)).toThrow('aligning takes 5 landmarks, got 0');
  });
});

describe('warpSquare', () => {
  it('weighs the four nearest pixels', () => {
    const image = pixels(2, 2, 1, Uint8Array.from([0, 100, 200, 40]));
    const still = { a: 1, b: 0, moveX: 0, moveY: 0 };
    expect(warpSquare(image, 2, still)).toEqual(image);
    expect([...warpSquare(image, 1, { ...still, moveX: 0.5, moveY: 0.5 }).data]).toEqual([85]);
    expect([...warpSquare(image, 1, { ...still, moveX: 0.25, moveY: 0 }).data]).toEqual([25]);
  });

  it('fades into black over the last half pixel', () => {
    const image = pixels(1, 1, 1, Uint8Array.from([200]));
    expect([...warpSquare(image, 1, { a: 1, b: 0, moveX: 0.5, moveY: 0 }).data]).toEqual([100]);
  });
});
