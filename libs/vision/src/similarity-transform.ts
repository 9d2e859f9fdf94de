import type { Point } from './detection.js';

/** Turns by an angle, scales and moves: x′ = a·x − b·y + moveX, y′ = b·x + a·y + moveY, with a + b·i = scale · e^(angle·i). */
export interface SimilarityTransform {
  readonly a: number;
  readonly b: number;
  readonly moveX: number;
  readonly moveY: number;
}

/**
 * The similarity transform that brings `from` closest to `to` in the sense of least squares: Umeyama, "Least-squares estimation of
 * transformation parameters between two point patterns" (1991), equations 40 to 42. In the plane its singular value decomposition has a
 * closed form, the regression of complex numbers, and reflections do not arise.
 * @returns undefined if the points of `from` coincide, so that no scale can be told
 * @throws RangeError unless there are equally many points, at least two.
 */
export function estimateSimilarity(from: readonly Point[], to: readonly Point[]): SimilarityTransform | undefined {
  if (from.length !== to.length || from.length < 2)
    throw new RangeError(
      `as many points as their images are needed, at least two; got ${from.length} and ${to.length}`,
    );
  const start = centroid(from);
  const end = centroid(to);
  let real = 0;
  let imaginary = 0;
  let spread = 0;
  for (const [i, point] of from.entries()) {
    const x = point.x - start.x;
    const y = point.y - start.y;
    const imageX = to[i].x - end.x;
    const imageY = to[i].y - end.y;
    real += x * imageX + y * imageY;
    imaginary += x * imageY - y * imageX;
    spread += x * x + y * y;
  }
  const a = real / spread;
  const b = imaginary / spread;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return undefined;
  return { a, b, moveX: end.x - a * start.x + b * start.y, moveY: end.y - b * start.x - a * start.y };
}

/** Where the transform brings a point. */
export function transformPoint({ a, b, moveX, moveY }: SimilarityTransform, { x, y }: Point): Point {
  return { x: a * x - b * y + moveX, y: b * x + a * y + moveY };
}

/** The transform that undoes another; undefined if that brings everything to one point. */
export function invertSimilarity({ a, b, moveX, moveY }: SimilarityTransform): SimilarityTransform | undefined {
  const square = a * a + b * b;
  if (square === 0) return undefined;
  const turn = { a: a / square, b: -b / square };
  const { x, y } = transformPoint({ ...turn, moveX: 0, moveY: 0 }, { x: moveX, y: moveY });
  return { ...turn, moveX: -x, moveY: -y };
}

/** The factor by which lengths grow. */
export function scaleOf({ a, b }: SimilarityTransform): number {
  return Math.hypot(a, b);
}

function centroid(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
