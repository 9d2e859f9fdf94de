import type { InputSpec } from './input-spec.js';
import type { FaceOutput } from './output-spec.js';

/** One axis of a detector's output: a fixed size, the batch, or the number of anchors, the same wherever it stands. */
export type FaceOutputAxis = number | 'batch' | 'anchors';

/** Five anchors of five values. */
const TINY_FACE_CHANNELS = 25;
/** Of class scores, object scores, boxes and five points. */
const YUNET_CHANNELS = [1, 1, 4, 10];

/** The shapes a decoder needs, one for each of the specification's tensors, for an input of that size. */
export function faceOutputShapes(
  { decoder, strides }: FaceOutput,
  { width, height }: Pick<InputSpec, 'width' | 'height'>,
): FaceOutputAxis[][] {
  const grids = strides.map((stride) => [Math.ceil(height / stride), Math.ceil(width / stride)]);
  switch (decoder) {
    case 'tiny-face':
      return grids.map((grid) => ['batch', TINY_FACE_CHANNELS, ...grid]);
    case 'yunet':
      return YUNET_CHANNELS.flatMap((channels) =>
        grids.map(([rows, columns]) => ['batch' as const, rows * columns, channels]),
      );
    case 'ultraface':
      return [
        ['batch', 'anchors', 2],
        ['batch', 'anchors', 4],
      ];
  }
}
