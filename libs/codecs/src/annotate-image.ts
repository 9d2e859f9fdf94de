import { type Annotation, annotationSvg } from '@resmask/vision';
import sharp from 'sharp';
import { openSansLettering } from './open-sans-lettering.js';

/** Draws boxes and labels on an upright copy of an encoded image. @returns a PNG, or a JPEG if `format` says so. */
export async function annotateImage(
  encoded: Uint8Array,
  annotations: readonly Annotation[],
  format: 'png' | 'jpeg' = 'png',
): Promise<Buffer> {
  const upright = sharp(encoded).autoOrient();
  const { info, data } = await upright.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const overlay = Buffer.from(annotationSvg(info.width, info.height, annotations, await openSansLettering()));
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .composite([{ input: overlay }])
    .toFormat(format)
    .toBuffer();
}
