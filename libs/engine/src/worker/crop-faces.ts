import { DomainError } from '@resmask/errors';
import type { InputSpec } from '@resmask/model-spec';
import {
  alignedCrop,
  type Bounds,
  type Box,
  boundsOf,
  clipBox,
  crop,
  type Detection,
  type Pixels,
  resizeBilinear,
  squareAround,
} from '@resmask/vision';
import type { RegionInput } from '../image-input.js';
import type { PlacedFace } from '../recognition.js';
import { prepareInput, sourcePlanes } from './prepare-input.js';

/** Landmarks that alignment goes by. */
const ALIGNED_BY = 5;

/** A face and its pixels, as each of the classifiers shall see them. */
export interface CroppedFace {
  readonly face: PlacedFace;
  /** One picture per margin, in their order. */
  readonly pixels: readonly Pixels[];
}

/** The square crops of a detected face, one per margin; nothing if no pixel of it is inside the image. */
export function cropDetection(
  image: Pixels,
  { box, score, landmarks }: Detection,
  margins: readonly number[],
): CroppedFace[] {
  const visible = clipBox(box, image.width, image.height);
  const all = margins.map((margin) => squareAround(box, margin));
  const pixels = cropAll(image, all);
  return visible && pixels ? [{ face: { box: visible, score, landmarks, crop: boxOf(all[0]) }, pixels }] : [];
}

/** The crops of a detected face turned upright by its landmarks; the square crops if that cannot be done. */
export function cropAligned(image: Pixels, found: Detection, margins: readonly number[]): CroppedFace[] {
  if (found.landmarks.length !== ALIGNED_BY) return cropDetection(image, found, margins);
  const visible = clipBox(found.box, image.width, image.height);
  const pixels = margins.map((margin) => alignedCrop(image, found.landmarks, margin));
  if (!visible || !pixels.every((some) => some !== undefined)) return cropDetection(image, found, margins);
  const { score, landmarks } = found;
  return [{ face: { box: visible, score, landmarks, crop: boxOf(squareAround(found.box, margins[0])) }, pixels }];
}

/** @throws DomainError REGION_INVALID if no pixel of it is inside the image. */
export function cropRegion(image: Pixels, region: RegionInput, margins: readonly number[], index: number): CroppedFace {
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  if (region.kind === 'whole') {
    return { face: { box: whole, score: 1, landmarks: [], crop: whole }, pixels: margins.map(() => image) };
  }
  const { box } = region;
  const visible = clipBox(box, image.width, image.height);
  const all = margins.map((margin) => (region.kind === 'face' ? squareAround(box, margin) : boundsOf(box)));
  const pixels = cropAll(image, all);
  if (visible && pixels) return { face: { box: visible, score: 1, landmarks: [], crop: boxOf(all[0]) }, pixels };
  throw new DomainError(
    'REGION_INVALID',
    `regions[${index}]: the box at ${box.x}, ${box.y} of ${box.width}×${box.height} has no pixel inside the ${image.width}×${image.height} image`,
  );
}

/** A face, what each of the classifiers gets of it, and its picture. */
export interface PreparedFace {
  readonly face: PlacedFace;
  /** One input per classifier, in their order. */
  readonly inputs: readonly Uint8Array[];
  /** Its first crop, at most `MAX_PICTURE_SIDE` pixels wide and high. */
  readonly picture: Pixels | undefined;
}

/** Nobody looks for more detail in a face, and a crop may be as large as the image. */
export const MAX_PICTURE_SIDE = 512;

/** Lets go of a face's pixels for what is needed of them: hundreds of large crops at once would not fit any memory. */
export function prepareFace(
  { face, pixels }: CroppedFace,
  classifiers: readonly InputSpec[],
  withPicture: boolean,
): PreparedFace {
  const inputs = classifiers.map((spec, i) => prepareInput(pixels[i], spec).data);
  return { face, inputs, picture: withPicture ? smallPicture(pixels[0]) : undefined };
}

/** The inputs of all faces for one of the classifiers, one after the other. */
export function inputsOf(faces: readonly PreparedFace[], spec: InputSpec, index: number): Uint8Array<ArrayBuffer> {
  const size = spec.height * spec.width * sourcePlanes(spec);
  const inputs = new Uint8Array(faces.length * size);
  for (const [i, face] of faces.entries()) inputs.set(face.inputs[index], i * size);
  return inputs;
}

function smallPicture(picture: Pixels): Pixels {
  const factor = MAX_PICTURE_SIDE / Math.max(picture.width, picture.height);
  if (factor >= 1) return picture;
  const side = (length: number): number => Math.max(1, Math.round(length * factor));
  return resizeBilinear(picture, side(picture.width), side(picture.height));
}

/** Equal bounds share their pixels; undefined if some have none. */
function cropAll(image: Pixels, all: readonly Bounds[]): Pixels[] | undefined {
  const made = new Map<string, Pixels | undefined>();
  const pixels = all.map((bounds) => {
    const key = Object.values(bounds).join();
    if (!made.has(key)) made.set(key, crop(image, bounds));
    return made.get(key);
  });
  return pixels.every((some) => some !== undefined) ? pixels : undefined;
}

function boxOf({ left, top, right, bottom }: Bounds): Box {
  return { x: left, y: top, width: right - left, height: bottom - top };
}
