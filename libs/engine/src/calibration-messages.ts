import type { ImageLimits } from '@resmask/codecs';
import type { InputSpec } from '@resmask/model-spec';
import type { Calibration, CalibrationNeeds, RangeMethod } from '@resmask/onnx';
import type { ImageInput } from './image-input.js';

/** What the calibrating worker is started with. */
export interface CalibrationWorkerData {
  readonly input: InputSpec;
  readonly needs: CalibrationNeeds;
  readonly threads: number;
  readonly limits: ImageLimits;
}

export type CalibrationRequest =
  /** An ONNX file with an input stage, whose outputs are the tensors to watch; it moves to the worker. */
  | { readonly kind: 'open'; readonly file: Uint8Array }
  | { readonly kind: 'images'; readonly images: readonly ImageInput[] }
  | { readonly kind: 'finish'; readonly method: RangeMethod };

/** Nothing until it is finished. */
export type CalibrationResponse = Calibration | undefined;
