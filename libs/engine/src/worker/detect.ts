import { DomainError } from '@resmask/errors';
import { type Box, correctBox, type Detection, decodeTinyFace, type Pixels, suppressNonMaxima } from '@resmask/vision';
import type { LoadedModel } from './loaded-model.js';
import { prepareInput } from './prepare-input.js';

/**
 * Faces of an image, best score first, in pixels of the image.
 * @throws DomainError TASK_MISMATCH if the model is no detector.
 */
export async function detect(model: LoadedModel, image: Pixels): Promise<Detection[]> {
  const { input, output } = model.spec;
  if (output.task !== 'face')
    throw new DomainError('TASK_MISMATCH', `${model.name} classifies; a face detector is needed here`);
  const { data, scaleX, scaleY } = prepareInput(image, input);
  const [grid] = await model.run(data, 1);
  const [, , rows, columns] = grid.dims;
  const values = grid.data instanceof Float32Array ? grid.data : Float32Array.from(grid.data);
  const found = decodeTinyFace(values, rows, columns, output.strides[0], output.scoreThreshold);
  const toImage = ({ x, y, width, height }: Box): Box => ({
    x: x * scaleX,
    y: y * scaleY,
    width: width * scaleX,
    height: height * scaleY,
  });
  return suppressNonMaxima(found, output.overlapThreshold).map(({ box, score, landmarks }) => ({
    box: toImage(output.boxCorrection ? correctBox(box, output.boxCorrection) : box),
    score,
    landmarks: landmarks.map(({ x, y }) => ({ x: x * scaleX, y: y * scaleY })),
  }));
}
