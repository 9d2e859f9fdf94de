import type { Box, Point } from '@resmask/vision';

/** A face before anything is read from it, in pixels of the image. */
export interface PlacedFace {
  readonly box: Box;
  /** The detector's, 0 to 1; 1 for a region. */
  readonly score: number;
  readonly landmarks: readonly Point[];
  /** The pixels the classifier is shown, before they are cut off at the image's borders. */
  readonly crop: Box;
}

/** A map over a face's crop, row by row from the upper left. */
export interface FaceMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** What in a face's crop spoke for a label. */
export interface FaceExplanation {
  readonly label: string;
  readonly method: 'class-activation' | 'occlusion';
  readonly map: FaceMap;
  readonly masks: readonly { readonly name: string; readonly map: FaceMap }[];
  /** The crop with the map over it, as a PNG. */
  readonly overlay: Uint8Array | undefined;
}

/** A face and its probabilities in the order of the classifier's labels. */
export interface RecognizedFace extends PlacedFace {
  readonly probabilities: Float32Array;
  readonly explanation?: FaceExplanation;
}

/** Where the time of a frame went, in milliseconds. */
export interface Timings {
  /** Decoding, cropping and resizing. */
  readonly prepare: number;
  readonly detect: number;
  /** Every wait for a turn, and the ways between threads. */
  readonly queue: number;
  /** The run of the batch the faces were in; of an ensemble, its slowest member's. */
  readonly infer: number;
  /** Images of that batch. */
  readonly batchSize: number;
}

export interface Recognition {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly RecognizedFace[];
  /** Of the picture as a whole, by which cuts are told; where it was asked for. */
  readonly scene: Float32Array | undefined;
  readonly timings: Timings;
}
