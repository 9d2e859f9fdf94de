import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';

const LIMITS = { maxPixels: 1_000_000, minSide: 8 };
const noise = Buffer.from(Uint8Array.from({ length: 32 * 24 * 3 }, (_, i) => (i * 7919) % 256));
const picture = () => sharp(noise, { raw: { width: 32, height: 24, channels: 3 } });

describe('decodeImage', () => {
  it('gives back the pixels of formats that lose nothing', async () => {
    for (const encoded of [await picture().png().toBuffer(), await picture().webp({ lossless: true }).toBuffer()]) {
      expect(await decodeImage(encoded, LIMITS)).toMatchObject({
        width: 32,
        height: 24,
        pixels: { width: 32, height: 24, channels: 3 },
      });
      expect(Buffer.from((await decodeImage(encoded, LIMITS)).pixels.data)).toEqual(noise);
    }
  });

  it('keeps grey values exactly', async () => {
    const gray = Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i));
    const png = await sharp(gray, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toBuffer();
    const { data } = (await decodeImage(png, LIMITS)).pixels;
    for (let i = 0; i < 256; i += 1) expect([...data.subarray(i * 3, i * 3 + 3)]).toEqual([i, i, i]);
  });

  it('drops alpha and applies the orientation an EXIF header asks for', async () => {
    const rgba = await picture().ensureAlpha(0.5).png().toBuffer();
    expect(Buffer.from((await decodeImage(rgba, LIMITS)).pixels.data)).toEqual(noise);
    const turned = await picture().withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await decodeImage(turned, LIMITS)).toMatchObject({
      width: 24,
      height: 32,
      pixels: { width: 24, height: 32 },
    });
  });

  it('decodes large JPEGs smaller, turned ones too, and says how large they are', async () => {
    const large = sharp(noise, { raw: { width: 32, height: 24, channels: 3 } }).resize(801, 400);
    const limits = { ...LIMITS, shrinkSide: 100 };
    const jpeg = await large.clone().jpeg().toBuffer();
    expect(await decodeImage(jpeg, limits)).toMatchObject({
      width: 801,
      height: 400,
      pixels: { width: 101, height: 50 },
    });
    const turned = await large.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decodeImage(turned, limits)).toMatchObject({
      width: 400,
      height: 801,
      pixels: { width: 50, height: 101 },
    });
    for (const [side, width] of [
      [201, 401],
      [401, 801],
    ]) {
      expect((await decodeImage(jpeg, { ...LIMITS, shrinkSide: side })).pixels.width).toBe(side === 401 ? 801 : width);
    }
  });

  it('never shrinks what it would have to decode as a whole anyway', async () => {
    const png = await picture().resize(800, 400).png().toBuffer();
    expect((await decodeImage(png, { ...LIMITS, shrinkSide: 100 })).pixels.width).toBe(800);
  });

  it('refuses a truncated JPEG, and what is no picture', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    for (const bytes of [
      jpeg.subarray(0, jpeg.length / 2),
      Buffer.from('hello'),
      Buffer.alloc(0),
      jpeg.subarray(0, 3),
    ]) {
      await expect(decodeImage(bytes, LIMITS)).rejects.toMatchObject({
        reason: 'FRAME_UNDECODABLE',
        code: 'INVALID_ARGUMENT',
      });
    }
  });

  it('shows no other decoder what a client sent', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="32"/></svg>',
    );
    for (const bytes of [svg, await picture().gif().toBuffer(), await picture().tiff().toBuffer()]) {
      await expect(decodeImage(bytes, LIMITS)).rejects.toThrow('are neither JPEG, PNG nor WebP');
    }
  });

  it('refuses a bomb by its header, before decoding', async () => {
    const huge = await sharp({ create: { width: 16_000, height: 16_000, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const started = performance.now();
    await expect(decodeImage(huge, LIMITS)).rejects.toMatchObject({ reason: 'FRAME_TOO_LARGE' });
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('refuses an image that is too small', async () => {
    await expect(decodeImage(await picture().resize(7, 40).png().toBuffer(), LIMITS)).rejects.toThrow(
      'both sides must have at least 8 pixels',
    );
  });
});
