import type { DecodedImage } from '@resmask/codecs';
import type { Box } from '@resmask/vision';
import type { RegionInput } from '../image-input.js';
import type { PlacedFace } from '../recognition.js';

/** Pixels of the image as it was sent per pixel it was decoded to. */
export interface ImageScale {
  readonly x: number;
  readonly y: number;
}

export function scaleOf({ pixels, width, height }: DecodedImage): ImageScale {
  return { x: width / pixels.width, y: height / pixels.height };
}

/** A client's region in pixels of the decoded image. */
export function toDecoded(region: RegionInput, { x, y }: ImageScale): RegionInput {
  if (region.kind === 'whole' || (x === 1 && y === 1)) return region;
  return { ...region, box: scaled(region.box, 1 / x, 1 / y) };
}

/** A face of the decoded image in pixels of the image as it was sent. */
export function toSent(face: PlacedFace, { x, y }: ImageScale): PlacedFace {
  if (x === 1 && y === 1) return face;
  return {
    ...face,
    box: scaled(face.box, x, y),
    crop: scaled(face.crop, x, y),
    landmarks: face.landmarks.map((point) => ({ x: point.x * x, y: point.y * y })),
  };
}

function scaled({ x, y, width, height }: Box, scaleX: number, scaleY: number): Box {
  return { x: x * scaleX, y: y * scaleY, width: width * scaleX, height: height * scaleY };
}
