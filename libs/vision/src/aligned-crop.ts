import type { Point } from './detection.js';
import type { Pixels } from './pixels.js';
import {
  estimateSimilarity,
  invertSimilarity,
  type SimilarityTransform,
  scaleOf,
  transformPoint,
} from './similarity-transform.js';
import { warpSquare } from './warp-square.js';

/** Where ArcFace's aligned faces of 112 × 112 pixels have eyes, nose and corners of the mouth (Deng et al. 2019; insightface's norm_crop). */
const TEMPLATE: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];

/**
 * The box of a face in the template: its middle, and the mean of its width and height. Medians of YuNet's boxes brought to the template by
 * their landmarks, over 32 upright faces of photographs and 48 of a clip: 95.3 (93 to 98 for half of them), middle at 56 by symmetry, 64.9.
 */
const FACE = { centre: { x: 56, y: 65 }, side: 95 } as const;

/** A turned square in an image. */
export interface AlignedSquare {
  /** Its side in pixels. */
  readonly side: number;
  /** From coordinates of the upright square, 0 to `side`, to those of the image. */
  readonly toImage: SimilarityTransform;
}

/**
 * The square that is upright about a face and covers of it what `squareAround` does of a face that is upright already.
 * @param landmarks right eye, left eye, nose tip, right and left corner of the mouth, as the person sees it, in pixels of the image
 * @param margin side of the square ÷ mean of the width and height of the face's box
 * @param maxSide the square gets a pixel for each of the image, but no more of them on a side
 * @returns undefined if the landmarks coincide
 * @throws RangeError unless there are five landmarks.
 */
export function alignedSquare(landmarks: readonly Point[], margin: number, maxSide: number): AlignedSquare | undefined {
  if (landmarks.length !== TEMPLATE.length)
    throw new RangeError(
      `aligning takes ${TEMPLATE.length} landmarks, got ${landmarks.length}; use a detector that gives them`,
    );
  const toTemplate = estimateSimilarity(landmarks, TEMPLATE);
  const fromTemplate = toTemplate && invertSimilarity(toTemplate);
  if (!fromTemplate) return undefined;
  const templateSide = FACE.side * margin;
  const side = Math.min(Math.max(1, Math.round(templateSide * scaleOf(fromTemplate))), maxSide);
  const unit = templateSide / side;
  const corner = { x: FACE.centre.x - templateSide / 2, y: FACE.centre.y - templateSide / 2 };
  const { x: moveX, y: moveY } = transformPoint(fromTemplate, corner);
  return { side, toImage: { a: fromTemplate.a * unit, b: fromTemplate.b * unit, moveX, moveY } };
}

/**
 * The face of five landmarks turned upright, as a square at the image's own resolution; black beyond the image.
 * @param landmarks as in `alignedSquare`
 * @param margin side of the square ÷ mean of the width and height of the face's box
 * @returns undefined if the landmarks coincide, or nothing of the square lies inside the image
 * @throws RangeError unless there are five landmarks.
 */
export function alignedCrop(image: Pixels, landmarks: readonly Point[], margin: number): Pixels | undefined {
  // A square longer than the image, of landmarks far apart, would hold no more detail, only more memory.
  const square = alignedSquare(landmarks, margin, Math.max(image.width, image.height));
  return square && touches(square, image) ? warpSquare(image, square.side, square.toImage) : undefined;
}

function touches({ side, toImage }: AlignedSquare, { width, height }: Pixels): boolean {
  const corners = [0, side].flatMap((x) => [0, side].map((y) => transformPoint(toImage, { x, y })));
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  return Math.max(...xs) > 0 && Math.min(...xs) < width && Math.max(...ys) > 0 && Math.min(...ys) < height;
}
