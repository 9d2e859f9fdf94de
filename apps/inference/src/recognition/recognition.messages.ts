import {
  type BoundingBox,
  type Face,
  type FrameTimings,
  type Image,
  type LabelProbability,
  PixelFormat,
  type Region,
} from '@resmask/contracts/inference.v1';
import type { ImageInput, RecognizedFace, RegionInput, Timings } from '@resmask/engine';
import { DomainError, invalidField } from '@resmask/errors';
import { argmax } from '@resmask/tensor';
import { toDuration } from '../duration.js';
import { integerField } from '../integer-field.js';
import { toExplanationMessage } from './explain.messages.js';

const MAX_REGIONS = 256;
const MAX_FACES = 256;
const DEFAULT_FACES = 64;
const MAX_FACE_SIZE = 4096;
const MAX_LABELS = 64;

const FORMATS: ReadonlyMap<PixelFormat, 'gray8' | 'rgb24' | 'bgr24'> = new Map([
  [PixelFormat.PIXEL_FORMAT_GRAY8, 'gray8'],
  [PixelFormat.PIXEL_FORMAT_RGB24, 'rgb24'],
  [PixelFormat.PIXEL_FORMAT_BGR24, 'bgr24'],
]);

/** @throws DomainError FIELD_INVALID if there is no image or its form is not said. */
export function toImageInput(image: Image | undefined): ImageInput {
  const content = image?.content;
  if (!content || (content.$case === 'encoded' && content.value.length === 0)) {
    throw invalidField('image', 'it is empty; the bytes of a JPEG, PNG or WebP, or raw pixels are needed');
  }
  if (content.$case === 'encoded') return { kind: 'encoded', bytes: content.value };
  const { format, width, height, data } = content.value;
  const name = FORMATS.get(format);
  if (!name) throw invalidField('image.raw.format', 'it is not set; allowed are GRAY8, RGB24 and BGR24');
  return { kind: 'raw', format: name, width, height, bytes: data };
}

/** @throws DomainError REGION_INVALID or TOO_MANY_REGIONS. */
export function toRegions(regions: readonly Region[], max = MAX_REGIONS): RegionInput[] {
  if (regions.length > max) {
    throw new DomainError('TOO_MANY_REGIONS', `regions: there are ${regions.length}; at most ${max} are allowed`);
  }
  return regions.map(({ area }, i) => {
    if (!area) throw invalidField(`regions[${i}]`, 'it is empty; set face, crop or whole_frame', 'REGION_INVALID');
    if (area.$case === 'wholeFrame') return { kind: 'whole' };
    return { kind: area.$case, box: checkBox(area.value, `regions[${i}].${area.$case}`) };
  });
}

/** @throws DomainError FIELD_INVALID. */
export function toMaxFaces(maxFaces: number): number {
  return integerField(maxFaces, 'max_faces', MAX_FACES, `meaning ${DEFAULT_FACES}`) || DEFAULT_FACES;
}

/** @throws DomainError FIELD_INVALID. */
export function toMinFaceSize(minFaceSize: number): number {
  return integerField(minFaceSize, 'min_face_size', MAX_FACE_SIZE, 'meaning any');
}

/** @throws DomainError FIELD_INVALID. */
export function toTopK(topK: number): number {
  return integerField(topK, 'top_k', MAX_LABELS, 'meaning all');
}

/** @param topK labels per face, best first; 0 for all in the order of the model */
export function toFaceMessage(
  { box, crop, score, landmarks, probabilities, explanation }: RecognizedFace,
  labels: readonly string[],
  topK: number,
): Face {
  const best = argmax(probabilities);
  return {
    box: { ...box },
    detectionScore: score,
    landmarks: landmarks.map((point) => ({ ...point })),
    label: labels[best],
    probability: probabilities[best],
    probabilities: toProbabilities(probabilities, labels, topK),
    trackId: '',
    smoothed: undefined,
    explanation: explanation && toExplanationMessage(explanation, crop),
  };
}

export function toProbabilities(
  probabilities: ArrayLike<number>,
  labels: readonly string[],
  topK: number,
): LabelProbability[] {
  const all = Array.from(probabilities, (probability, i) => ({ label: labels[i], probability }));
  return topK === 0 ? all : all.toSorted((a, b) => b.probability - a.probability).slice(0, topK);
}

/** @param receiveMs from reading the message to waiting for a turn @param sendMs from the answer's being ready to its being written */
export function toTimingsMessage(timings: Timings, receiveMs: number, sendMs: number): FrameTimings {
  return {
    receive: toDuration(receiveMs),
    decode: toDuration(timings.prepare),
    detect: toDuration(timings.detect),
    queue: toDuration(timings.queue),
    infer: toDuration(timings.infer),
    send: toDuration(sendMs),
    batchSize: timings.batchSize,
  };
}

function checkBox({ x, y, width, height }: BoundingBox, field: string): BoundingBox {
  if ([x, y, width, height].every(Number.isFinite) && width > 0 && height > 0) return { x, y, width, height };
  const description = `got ${width}×${height} at ${x}, ${y}; finite numbers and a size above 0 are needed`;
  throw invalidField(field, description, 'REGION_INVALID');
}
