import {
  type BoundingBox,
  type Face,
  type Image,
  PixelFormat,
  type Region,
} from '@resmask/contracts/inference.v1';
import type { ImageInput, Recognition, RegionInput } from '@resmask/engine';
import { DomainError, invalidField } from '@resmask/errors';

const MAX_REGIONS = 256;
const MAX_FACES = 256;
const DEFAULT_FACES = 64;

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
export function toRegions(regions: readonly Region[]): RegionInput[] {
  if (regions.length > MAX_REGIONS) {
    throw new DomainError(
      'TOO_MANY_REGIONS',
      `regions: there are ${regions.length}; at most ${MAX_REGIONS} are allowed`,
    );
  }
  return regions.map(({ area }, i) => {
    if (!area) throw invalidField(`regions[${i}]`, 'it is empty; set face, crop or whole_frame', 'REGION_INVALID');
    if (area.$case === 'wholeFrame') return { kind: 'whole' };
    return { kind: area.$case, box: checkBox(area.value, `regions[${i}].${area.$case}`) };
  });
}

/** @throws DomainError FIELD_INVALID. */
export function toMaxFaces(maxFaces: number): number {
  if (maxFaces < 0 || maxFaces > MAX_FACES) {
    throw invalidField('max_faces', `got ${maxFaces}; allowed are 0 (meaning ${DEFAULT_FACES}) to ${MAX_FACES}`);
  }
  return maxFaces === 0 ? DEFAULT_FACES : maxFaces;
}

export function toFaceMessages({ faces }: Recognition, labels: readonly string[]): Face[] {
  return faces.map(({ box, score, landmarks, probabilities }) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    return {
      box: { ...box },
      detectionScore: score,
      landmarks: landmarks.map((point) => ({ ...point })),
      label: labels[best],
      probability: probabilities[best],
      probabilities: probabilities.map((probability, i) => ({ label: labels[i], probability })),
    };
  });
}

function checkBox({ x, y, width, height }: BoundingBox, field: string): BoundingBox {
  if ([x, y, width, height].every(Number.isFinite) && width > 0 && height > 0) return { x, y, width, height };
  const description = `got ${width}×${height} at ${x}, ${y}; finite numbers and a size above 0 are needed`;
  throw invalidField(field, description, 'REGION_INVALID');
}
