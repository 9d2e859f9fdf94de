import { DomainError } from '@resmask/errors';
import type { Box, Detection, Pixels } from '@resmask/vision';
import { decodeFaces } from './decode-faces.js';
import type { LoadedModel } from './loaded-model.js';
import { prepareInput } from './prepare-input.js';

/**
 * Faces of an image, best score first, in pixels of the image.
 * @throws DomainError TASK_MISMATCH if the model is no detector, GRAPH_SPEC_MISMATCH if its outputs are not what its specification says.
 */
export async function detect(model: LoadedModel, image: Pixels): Promise<Detection[]> {
  const { input, output } = model.spec;
  if (output.task !== 'face')
    throw new DomainError('TASK_MISMATCH', `${model.name} classifies; a face detector is needed here`);
  const { data, scaleX, scaleY } = prepareInput(image, input);
  const faces = decodeFaces(await model.run(data, 1), output, input);
  const toImage = ({ x, y, width, height }: Box): Box => ({
    x: x * scaleX,
    y: y * scaleY,
    width: width * scaleX,
    height: height * scaleY,
  });
  return faces.map(({ box, score, landmarks }) => ({
    box: toImage(box),
    score,
    landmarks: landmarks.map(({ x, y }) => ({ x: x * scaleX, y: y * scaleY })),
  }));
}
