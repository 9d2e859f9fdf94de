import { z } from 'zod';

const threshold = z.number().min(0).max(1);

/** A classifier's output: logits or probabilities of the labels, in the order given. */
export const expressionOutputSchema = z.strictObject({
  task: z.literal('expression'),
  tensor: z.string().min(1).max(255),
  values: z.enum(['logits', 'probabilities']),
  labels: z
    .array(z.string().min(1).max(63))
    .min(2)
    .max(64)
    .refine((labels) => new Set(labels).size === labels.length, 'labels must be distinct'),
});

const shift = z.number().min(-1).max(1);
const scale = z.number().min(0.1).max(10);

/** How a detected box becomes the reported one, in fractions of the detected width and height. */
export const boxCorrectionSchema = z.strictObject({
  shiftX: shift,
  shiftY: shift,
  scaleWidth: scale,
  scaleHeight: scale,
});

/** A detector's outputs and how boxes are read from them. */
export const faceOutputSchema = z.strictObject({
  task: z.literal('face'),
  decoder: z.enum(['tiny-face']),
  tensors: z.array(z.string().min(1).max(255)).length(1),
  /** Input pixels per grid cell, one per output. */
  strides: z.array(z.int().positive()).length(1),
  /** Detections up to this score are ignored. */
  scoreThreshold: threshold,
  /** Detections that overlap a better one by more than this intersection over union are ignored. */
  overlapThreshold: threshold,
  /** Brings the detector's notion of a face to forehead to chin, ear to ear. */
  boxCorrection: boxCorrectionSchema.optional(),
});

export const outputSpecSchema = z.discriminatedUnion('task', [expressionOutputSchema, faceOutputSchema]);

export type ExpressionOutput = z.infer<typeof expressionOutputSchema>;
export type FaceOutput = z.infer<typeof faceOutputSchema>;
export type OutputSpec = z.infer<typeof outputSpecSchema>;
/** What the versions of a model do. */
export type Task = OutputSpec['task'];
