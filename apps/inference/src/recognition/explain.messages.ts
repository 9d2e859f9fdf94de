import {
  type AttentionMask,
  type BoundingBox,
  type Explanation,
  ExplanationMethod,
  type ExplanationOptions,
  type HeatMap,
} from '@resmask/contracts/inference.v1';
import type { FaceExplanation, FaceMap } from '@resmask/engine';
import { invalidField } from '@resmask/errors';

/** What is asked of an explanation. */
export interface ExplanationWish {
  /** The most probable one if undefined. */
  readonly label: string | undefined;
  /** What the network allows if undefined. */
  readonly method: FaceExplanation['method'] | undefined;
  readonly masks: boolean;
  readonly overlay: boolean;
}

const METHODS = {
  'class-activation': ExplanationMethod.EXPLANATION_METHOD_CLASS_ACTIVATION,
  occlusion: ExplanationMethod.EXPLANATION_METHOD_OCCLUSION,
} as const;

/** @throws DomainError FIELD_INVALID. */
export function toExplanationWish(options: ExplanationOptions | undefined): ExplanationWish {
  const { method, label, masks, overlay } = options ?? { method: 0, label: '', masks: false, overlay: false };
  return { label: label === '' ? undefined : label, method: toMethod(method), masks, overlay };
}

function toMethod(method: ExplanationMethod): FaceExplanation['method'] | undefined {
  switch (method) {
    case ExplanationMethod.EXPLANATION_METHOD_UNSPECIFIED:
      return undefined;
    case ExplanationMethod.EXPLANATION_METHOD_CLASS_ACTIVATION:
      return 'class-activation';
    case ExplanationMethod.EXPLANATION_METHOD_OCCLUSION:
      return 'occlusion';
    default:
      throw invalidField('options.method', `got ${method}; allowed are CLASS_ACTIVATION and OCCLUSION, or nothing`);
  }
}

/** @param crop the part of the image that the maps cover */
export function toExplanationMessage(explanation: FaceExplanation, crop: BoundingBox): Explanation {
  const { label, method, map, masks, overlay } = explanation;
  return {
    label,
    method: METHODS[method],
    crop: { ...crop },
    map: toHeatMap(map),
    masks: masks.map(({ name, map: mask }): AttentionMask => ({ name, map: toHeatMap(mask) })),
    overlayPng: Buffer.from(overlay ?? []),
  };
}

function toHeatMap({ width, height, values }: FaceMap): HeatMap {
  return { width, height, values: Array.from(values) };
}
