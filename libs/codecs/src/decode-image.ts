import { DomainError } from '@resmask/errors';
import sharp from 'sharp';
import type { DecodedImage, ImageLimits } from './image-limits.js';

// Frames come one by one and never again: libvips' own cache would only hold memory, and its threads would fight the workers.
sharp.cache(false);
sharp.concurrency(1);

/** Sizes a JPEG can be decoded at for less than the whole of it costs, as parts of it. */
const SHRINKS = [8, 4, 2] as const;

/**
 * Decodes a JPEG, PNG or WebP into upright red, green, blue bytes (EXIF orientation applied, alpha dropped, first page of an
 * animation).
 * @throws DomainError FRAME_UNDECODABLE, FRAME_TOO_LARGE or FRAME_TOO_SMALL.
 */
export async function decodeImage(encoded: Uint8Array, limits: ImageLimits): Promise<DecodedImage> {
  if (!isKnownFormat(encoded)) {
    throw undecodable(`its ${encoded.length} bytes are neither JPEG, PNG nor WebP`);
  }
  try {
    const image = sharp(encoded, { failOn: 'error', limitInputPixels: false, sequentialRead: true });
    const { width, height, format, autoOrient: upright } = await image.metadata();
    checkSize(width, height, limits);
    const shrink = format === 'jpeg' ? shrinkOf(Math.max(width, height), limits.shrinkSide) : 1;
    const size = [upright.width, upright.height].map((side) => Math.ceil(side / shrink));
    const upended = image.autoOrient();
    const { data, info } = await (shrink === 1 ? upended : upended.resize(size[0], size[1], { fit: 'fill' }))
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixels = { width: info.width, height: info.height, channels: 3, data } as const;
    return { pixels, width: upright.width, height: upright.height };
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw undecodable(error instanceof Error ? firstLine(error.message) : 'the decoder failed', error);
  }
}

/** @throws DomainError FRAME_TOO_LARGE or FRAME_TOO_SMALL. */
export function checkSize(width: number, height: number, { maxPixels, minSide }: ImageLimits): void {
  if (width * height > maxPixels) {
    throw new DomainError(
      'FRAME_TOO_LARGE',
      `the image is ${width}×${height} = ${width * height} pixels, at most ${maxPixels} are allowed; scale it down before sending`,
    );
  }
  if (width < minSide || height < minSide) {
    throw new DomainError(
      'FRAME_TOO_SMALL',
      `the image is ${width}×${height}, both sides must have at least ${minSide} pixels`,
    );
  }
}

function shrinkOf(longerSide: number, shrinkSide: number | undefined): number {
  return (shrinkSide !== undefined && SHRINKS.find((shrink) => longerSide / shrink >= shrinkSide)) || 1;
}

/** By the first bytes, so that no other decoder (SVG, TIFF, PDF …) ever sees what a client sent. */
function isKnownFormat(bytes: Uint8Array): boolean {
  const at = (offset: number, ...values: number[]): boolean => values.every((value, i) => bytes[offset + i] === value);
  const jpeg = at(0, 0xff, 0xd8, 0xff);
  const png = at(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const webp = at(0, 0x52, 0x49, 0x46, 0x46) && at(8, 0x57, 0x45, 0x42, 0x50);
  return jpeg || png || webp;
}

function undecodable(problem: string, cause?: unknown): DomainError {
  return new DomainError('FRAME_UNDECODABLE', `the image cannot be decoded: ${problem}`, { cause });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}
