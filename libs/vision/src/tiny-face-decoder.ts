import type { Detection } from './detection.js';

/** Widths and heights of the five anchors in grid cells, as TinyFaceDetector was trained with them. */
const ANCHORS = [
  [1.603231, 2.094468],
  [6.041143, 7.080126],
  [2.882459, 3.518061],
  [4.266906, 5.178857],
  [9.041765, 10.66308],
] as const;

const VALUES_PER_ANCHOR = 5;

/** Channels of the network's output grid: per anchor x, y, width, height and score. */
export const TINY_FACE_CHANNELS = ANCHORS.length * VALUES_PER_ANCHOR;

/**
 * Turns TinyFaceDetector's raw grid into detections in pixels of the network's input (Tiny YOLO v2's encoding: centre
 * by a sigmoid inside its cell, size by an exponential of the anchor).
 * @param grid the raw output of one image, [25, rows, columns] in row-major order
 * @param stride input pixels per cell
 */
export function decodeTinyFace(
  grid: Float32Array,
  rows: number,
  columns: number,
  stride: number,
  scoreThreshold: number,
): Detection[] {
  const cells = rows * columns;
  if (grid.length !== cells * TINY_FACE_CHANNELS) {
    throw new RangeError(`a ${rows}×${columns} grid holds ${cells * TINY_FACE_CHANNELS} values, got ${grid.length}`);
  }
  const detections: Detection[] = [];
  for (const [anchor, [anchorWidth, anchorHeight]] of ANCHORS.entries()) {
    const base = anchor * VALUES_PER_ANCHOR * cells;
    for (let cell = 0; cell < cells; cell += 1) {
      const score = sigmoid(grid[base + 4 * cells + cell]);
      if (score <= scoreThreshold) continue;
      const width = Math.exp(grid[base + 2 * cells + cell]) * anchorWidth * stride;
      const height = Math.exp(grid[base + 3 * cells + cell]) * anchorHeight * stride;
      const centreX = ((cell % columns) + sigmoid(grid[base + cell])) * stride;
      const centreY = (Math.floor(cell / columns) + sigmoid(grid[base + cells + cell])) * stride;
      const box = { x: centreX - width / 2, y: centreY - height / 2, width, height };
      detections.push({ box, score, landmarks: [] });
    }
  }
  return detections;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
