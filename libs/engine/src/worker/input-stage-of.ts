import { type InputSpec, normalisation } from '@resmask/model-spec';
import type { InputStage } from '@resmask/onnx';
import { sourcePlanes } from './prepare-input.js';

/** The stage that turns what `prepareInput` gives into the network's input. */
export function inputStageOf(input: InputSpec): InputStage {
  return {
    tensor: input.tensor,
    sourcePlanes: sourcePlanes(input),
    planes: input.planes,
    reversePlanes: input.source === 'bgr',
    layout: input.layout,
    type: input.type,
    scale: input.scale,
    ...normalisation(input),
  };
}
