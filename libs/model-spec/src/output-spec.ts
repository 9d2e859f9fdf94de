import { z } from 'zod';
import { FACE_DECODERS, type FaceDecoder } from './face-decoder.js';

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
export const faceOutputSchema = z
  .strictObject({
    task: z.literal('face'),
    decoder: z.enum(Object.keys(FACE_DECODERS) as FaceDecoder[]),
    /** Names of the graph's outputs in the decoder's order. */
    tensors: z.array(z.string().min(1).max(255)).min(1).max(64),
    /** Input pixels per grid cell, in the order of the grids; none for a decoder without grids. */
    strides: z.array(z.int().positive()).max(16).default([]),
    /** Detections up to this score are ignored. */
    scoreThreshold: threshold,
    /** Detections that overlap a better one by more than this intersection over union are ignored. */
    overlapThreshold: threshold,
    /** Brings the detector's notion of a face to forehead to chin, ear to ear. */
    boxCorrection: boxCorrectionSchema.optional(),
  })
  .superRefine(({ decoder, tensors, strides }, context) => {
    const form = FACE_DECODERS[decoder];
    const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (tensors.length !== form.tensors)
      issue('tensors', `${decoder} reads ${form.tensors} (${form.order}), got ${tensors.length}`);
    if (new Set(tensors).size !== tensors.length) issue('tensors', 'tensors must be distinct');
    if (strides.length !== form.strides) issue('strides', `${decoder} has ${form.strides}, got ${strides.length}`);
  });

export const outputSpecSchema = z.discriminatedUnion('task', [expressionOutputSchema, faceOutputSchema]);

export type ExpressionOutput = z.infer<typeof expressionOutputSchema>;
export type FaceOutput = z.infer<typeof faceOutputSchema>;
export type OutputSpec = z.infer<typeof outputSpecSchema>;
/** What the versions of a model do. */
export type Task = OutputSpec['task'];
