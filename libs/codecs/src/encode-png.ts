import type { Pixels } from '@resmask/vision';
import sharp from 'sharp';

/** A PNG of the pixels, without loss. */
export function encodePng({ width, height, channels, data }: Pixels): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}
