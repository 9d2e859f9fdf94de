import { checkSize, type DecodedImage, decodeImage, type ImageLimits } from '@resmask/codecs';
import { DomainError } from '@resmask/errors';
import type { ImageInput } from '../image-input.js';

/** @throws DomainError FRAME_UNDECODABLE, FRAME_TOO_LARGE, FRAME_TOO_SMALL or FRAME_SIZE_MISMATCH. */
export async function decodeInput(image: ImageInput, limits: ImageLimits): Promise<DecodedImage> {
  if (image.kind === 'encoded') return decodeImage(image.bytes, limits);
  const { format, width, height, bytes } = image;
  checkSize(width, height, limits);
  const channels = format === 'gray8' ? 1 : 3;
  const wanted = width * height * channels;
  if (bytes.length !== wanted) {
    const message = `raw ${format} pixels of ${width}×${height} are ${wanted} bytes, got ${bytes.length}; send rows without padding`;
    throw new DomainError('FRAME_SIZE_MISMATCH', message);
  }
  const pixels = { width, height, channels, data: format === 'bgr24' ? reversePlanes(bytes) : bytes } as const;
  return { pixels, width, height };
}

function reversePlanes(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 3) {
    out[i] = bytes[i + 2];
    out[i + 1] = bytes[i + 1];
    out[i + 2] = bytes[i];
  }
  return out;
}
