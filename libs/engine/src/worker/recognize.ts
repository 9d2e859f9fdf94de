import { DomainError } from '@resmask/errors';
import { type Bounds, boundsOf, clipBox, crop, type Detection, type Pixels, squareAround } from '@resmask/vision';
import type { Recognition, RecognizedFace, RegionInput } from '../engine-messages.js';
import { classify } from './classify.js';
import { detect } from './detect.js';
import type { LoadedModel } from './loaded-model.js';
import { prepareInput } from './prepare-input.js';

/** A face to classify: what is reported of it, and its pixels. */
interface Candidate {
  readonly face: Omit<RecognizedFace, 'probabilities'>;
  readonly pixels: Pixels;
}

/** Finds the faces of an image, or takes the given regions, and classifies their crops in one batch. */
export async function recognize(
  image: Pixels,
  classifier: LoadedModel,
  detector: () => LoadedModel,
  regions: readonly RegionInput[],
  maxFaces: number,
): Promise<Recognition> {
  const { cropMargin } = classifier.spec.input;
  const candidates =
    regions.length > 0
      ? regions.map((region, i) => candidateOfRegion(image, region, cropMargin, i))
      : (await detect(detector(), image))
          .slice(0, maxFaces)
          .flatMap((found) => candidateOfDetection(image, found, cropMargin));
  const inputs = new Uint8Array(candidates.length * classifier.imageBytes);
  for (const [i, { pixels }] of candidates.entries()) {
    inputs.set(prepareInput(pixels, classifier.spec.input).data, i * classifier.imageBytes);
  }
  const rows = await classify(classifier, inputs);
  return {
    width: image.width,
    height: image.height,
    faces: candidates.map(({ face }, i) => ({ ...face, probabilities: rows[i] })),
  };
}

function candidateOfDetection(image: Pixels, { box, score, landmarks }: Detection, margin: number): Candidate[] {
  const visible = clipBox(box, image.width, image.height);
  const pixels = crop(image, squareAround(box, margin));
  return visible && pixels ? [{ face: { box: visible, score, landmarks }, pixels }] : [];
}

function candidateOfRegion(image: Pixels, region: RegionInput, margin: number, index: number): Candidate {
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  if (region.kind === 'whole') return { face: { box: whole, score: 1, landmarks: [] }, pixels: image };
  const { box } = region;
  const visible = clipBox(box, image.width, image.height);
  const bounds: Bounds = region.kind === 'face' ? squareAround(box, margin) : boundsOf(box);
  const pixels = crop(image, bounds);
  if (visible && pixels) return { face: { box: visible, score: 1, landmarks: [] }, pixels };
  throw new DomainError(
    'REGION_INVALID',
    `regions[${index}]: the box at ${box.x}, ${box.y} of ${box.width}×${box.height} has no pixel inside the ${image.width}×${image.height} image`,
  );
}
