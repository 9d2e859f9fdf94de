import type { Image, PixelFormat } from '@resmask/contracts/inference.v1';

/** A JPEG, PNG or WebP file's bytes. */
export function encodedImage(bytes: Uint8Array): Image {
  return { content: { $case: 'encoded', value: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) } };
}

/** Uncompressed pixels, row by row without padding. */
export function rawImage(format: PixelFormat, width: number, height: number, bytes: Uint8Array): Image {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { content: { $case: 'raw', value: { format, width, height, data } } };
}
