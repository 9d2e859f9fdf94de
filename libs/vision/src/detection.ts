import type { Box } from './box.js';
import { intersectionOverUnion } from './box.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A face found in an image: its box, the detector's score in [0, 1] and landmarks if the detector gives any. */
export interface Detection {
  readonly box: Box;
  readonly score: number;
  readonly landmarks: readonly Point[];
}

/**
 * Greedy non-maximum suppression: the best-scored detections first, each kept unless it overlaps a kept one by more
 * than `threshold` intersection over union. Equal scores keep their order.
 */
export function suppressNonMaxima(detections: readonly Detection[], threshold: number): Detection[] {
  const kept: Detection[] = [];
  for (const candidate of [...detections].sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => intersectionOverUnion(candidate.box, other.box) <= threshold)) kept.push(candidate);
  }
  return kept;
}
