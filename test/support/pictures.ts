import { createRequire } from 'node:module';
import { seededRandom } from '@resmask/tensor';

// Tests make their own pictures with the encoder the codecs library uses.
const sharp = createRequire(new URL('../../libs/codecs/package.json', import.meta.url))(
  'sharp',
) as typeof import('sharp').default;

/** A picture of seeded noise without any face. */
export function noisePng(width: number, height: number, seed = 1): Promise<Buffer> {
  const random = seededRandom(seed);
  const data = Buffer.from(Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

export function noiseJpeg(width: number, height: number, seed = 1): Promise<Buffer> {
  return noisePng(width, height, seed).then((png) => sharp(png).jpeg().toBuffer());
}

/** A picture of one colour; even a huge one is a small file. */
export function plainPng(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#808080' }, limitInputPixels: false })
    .png()
    .toBuffer();
}

/** Grey pixels as a PNG, without loss. */
export function grayPng(pixels: Uint8Array, width: number, height: number): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

/** The same picture in another size or format; only JPEG loses anything. */
export function reencode(picture: Buffer, format: 'jpeg' | 'png' | 'webp', width?: number): Promise<Buffer> {
  return sharp(picture)
    .resize(width)
    .toFormat(format, { lossless: format === 'webp' })
    .toBuffer();
}
