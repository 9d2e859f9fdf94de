import { encodePng } from '@resmask/codecs';
import { type HeatMap, overlayHeatMap, type Pixels } from '@resmask/vision';
import type { FaceExplanation, FaceMap } from '../recognition.js';
import type { ExplainableModel, ExplainOptions } from './explainable-model.js';

/**
 * What in a face spoke for a label.
 * @param input the prepared input
 * @param picture the crop to draw the map over, if it shall be drawn
 */
export async function explainFace(
  model: ExplainableModel,
  input: Uint8Array,
  picture: Pixels | undefined,
  options: ExplainOptions,
): Promise<FaceExplanation> {
  const { label, method, map, masks } = await model.explain(input, options);
  return {
    label,
    method,
    map: faceMap(map),
    masks: masks.map(({ name, map: mask }) => ({ name, map: faceMap(mask) })),
    overlay: picture && (await encodePng(overlayHeatMap(picture, map))),
  };
}

function faceMap({ width, height, values }: HeatMap): FaceMap {
  return { width, height, values };
}
