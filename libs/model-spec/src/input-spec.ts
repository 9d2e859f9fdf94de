import { z } from 'zod';

const side = z.int().min(1).max(4096);

/**
 * How pixels become a network's input: value = (byte × scale − mean) ÷ std.
 * `source` says which colours are looked at, `planes` how many the network takes (grey may be repeated), `cropMargin` is the
 * side of the square crop around a face ÷ the mean of its box's width and height.
 */
export const inputSpecSchema = z
  .strictObject({
    /** Name of the graph's input. */
    tensor: z.string().min(1).max(255),
    source: z.enum(['gray', 'rgb', 'bgr']),
    planes: z.union([z.literal(1), z.literal(3)]),
    height: side,
    width: side,
    resize: z.enum(['stretch', 'letterbox']),
    cropMargin: z.number().min(0.5).max(3).default(1.1),
    layout: z.enum(['NCHW', 'NHWC']),
    type: z.enum(['float32', 'uint8']),
    scale: z.number().refine((scale) => scale !== 0, 'must not be 0'),
    mean: z.array(z.number()).default([]),
    std: z.array(z.number().positive()).default([]),
  })
  .superRefine((spec, context) => {
    for (const key of ['mean', 'std'] as const) {
      if (![0, 1, spec.planes].includes(spec[key].length)) {
        const message = `has ${spec[key].length} values; allowed are none, one, or one per plane (${spec.planes})`;
        context.addIssue({ code: 'custom', path: [key], message });
      }
    }
    if (spec.source !== 'gray' && spec.planes === 1) {
      context.addIssue({ code: 'custom', path: ['planes'], message: `a ${spec.source} source has 3 planes, got 1` });
    }
  });

export type InputSpec = z.infer<typeof inputSpecSchema>;

/** Mean and std with one value per plane, defaults filled in. */
export function normalisation({ planes, mean, std }: InputSpec): { mean: number[]; std: number[] } {
  const spread = (values: readonly number[], fallback: number): number[] =>
    Array.from({ length: planes }, (_, plane) => values[plane] ?? values[0] ?? fallback);
  return { mean: spread(mean, 0), std: spread(std, 1) };
}
