import type { Detection, Point } from './detection.js';

/** Numbers per grid cell of each kind of output, in the order of the kinds: a class score, an object score, a box, five points. */
export const YUNET_CHANNELS = [1, 1, 4, 10] as const;

const [, , BOX_CHANNELS, LANDMARK_CHANNELS] = YUNET_CHANNELS;

/** What YuNet gives for one grid; each array has `rows × columns × channels` numbers, cells row by row. */
interface YunetGrid {
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
  readonly classScores: Float32Array;
  readonly objectScores: Float32Array;
  readonly boxes: Float32Array;
  readonly landmarks: Float32Array;
}

/**
 * Turns YuNet's raw outputs into detections in pixels of the network's input, each with five landmarks: right eye, left eye, nose tip,
 * right and left corner of the mouth, right and left as the person sees it. Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face
 * Detector" (2023), section 3; decoded as OpenCV's FaceDetectorYN does: the score is √(class × object), the centre an offset from the
 * cell's upper left corner, the size an exponential, all in strides.
 * @param outputs of one image: class scores of every stride, then object scores, boxes, landmarks, each [cells, 1 | 1 | 4 | 10]
 * @param strides input pixels per cell, one for each grid
 * @param width width of the network's input in pixels
 * @param height height of the network's input in pixels
 * @param scoreThreshold detections up to this score are left out
 * @throws RangeError if the number of outputs, or of the numbers in one, does not fit the strides.
 */
export function decodeYunet(
  outputs: readonly Float32Array[],
  strides: readonly number[],
  width: number,
  height: number,
  scoreThreshold: number,
): Detection[] {
  const kinds = YUNET_CHANNELS.length;
  if (outputs.length !== kinds * strides.length)
    throw new RangeError(
      `YuNet has ${kinds * strides.length} outputs for ${strides.length} strides, got ${outputs.length}`,
    );
  return strides.flatMap((stride, i) => {
    const [classScores, objectScores, boxes, landmarks] = YUNET_CHANNELS.map(
      (_, kind) => outputs[kind * strides.length + i],
    );
    const rows = Math.ceil(height / stride);
    const columns = Math.ceil(width / stride);
    return decodeGrid({ stride, rows, columns, classScores, objectScores, boxes, landmarks }, scoreThreshold);
  });
}

function decodeGrid(grid: YunetGrid, scoreThreshold: number): Detection[] {
  const { stride, rows, columns, classScores, objectScores, boxes, landmarks } = grid;
  const cells = rows * columns;
  for (const [kind, values] of [classScores, objectScores, boxes, landmarks].entries()) {
    const wanted = cells * YUNET_CHANNELS[kind];
    if (values.length !== wanted)
      throw new RangeError(
        `a ${rows}×${columns} grid of stride ${stride} holds ${wanted} numbers, got ${values.length}`,
      );
  }
  const detections: Detection[] = [];
  for (let cell = 0; cell < cells; cell += 1) {
    const score = Math.sqrt(unit(classScores[cell]) * unit(objectScores[cell]));
    if (score > scoreThreshold) detections.push(decodeCell(grid, cell, score));
  }
  return detections;
}

function decodeCell({ stride, columns, boxes, landmarks }: YunetGrid, cell: number, score: number): Detection {
  const column = cell % columns;
  const row = Math.floor(cell / columns);
  const point = (values: Float32Array, at: number): Point => ({
    x: (column + values[at]) * stride,
    y: (row + values[at + 1]) * stride,
  });
  const start = cell * BOX_CHANNELS;
  const centre = point(boxes, start);
  const width = Math.exp(boxes[start + 2]) * stride;
  const height = Math.exp(boxes[start + 3]) * stride;
  return {
    box: { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
    score,
    landmarks: Array.from({ length: LANDMARK_CHANNELS / 2 }, (_, i) =>
      point(landmarks, cell * LANDMARK_CHANNELS + 2 * i),
    ),
  };
}

/** Scores leave the graph after a sigmoid, but rounding may take them out of [0, 1]. */
function unit(score: number): number {
  return Math.min(1, Math.max(0, score));
}
