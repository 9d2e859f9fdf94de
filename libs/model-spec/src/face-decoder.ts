/** How many outputs a decoder reads, in which order, and how many strides it needs. */
export interface FaceDecoderForm {
  readonly tensors: number;
  /** The outputs in their order, for people. */
  readonly order: string;
  readonly strides: number;
  /** Landmarks of each face. */
  readonly landmarks: number;
}

/** The known ways from a detector's outputs to faces. */
export const FACE_DECODERS = {
  'tiny-face': { tensors: 1, order: 'the grid', strides: 1, landmarks: 0 },
  yunet: {
    tensors: 12,
    order: 'class scores of each stride, then object scores, boxes, landmarks',
    strides: 3,
    landmarks: 5,
  },
  ultraface: { tensors: 2, order: 'scores, boxes', strides: 0, landmarks: 0 },
} as const satisfies Readonly<Record<string, FaceDecoderForm>>;

export type FaceDecoder = keyof typeof FACE_DECODERS;
