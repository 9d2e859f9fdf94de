import type { ModelProto } from '../gen/onnx/onnx.js';
import { graphOf } from '../graph-signature.js';
import type { ValueRange } from './affine-uint8.js';
import { quantizationPlan } from './quantization-plan.js';

/** What has to be known of a model's tensors before it can be quantised. */
export interface CalibrationNeeds {
  /** Tensors whose range is needed: those that become bytes with a scale of their own. */
  readonly ranges: readonly string[];
  /** Tensors whose channels' means are needed: those that layers with weights read. */
  readonly means: readonly string[];
}

/** What sample images showed. */
export interface Calibration {
  readonly ranges: ReadonlyMap<string, ValueRange>;
  readonly means: ReadonlyMap<string, readonly number[]>;
}

/** @param quantizable what `quantizableModel` gave */
export function calibrationNeeds(quantizable: ModelProto): CalibrationNeeds {
  const { scaleOf, weighted } = quantizationPlan(graphOf(quantizable));
  return {
    ranges: [...new Set(scaleOf.values())],
    means: [...new Set(weighted.map(({ input }) => input[0]))],
  };
}
