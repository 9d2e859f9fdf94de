import { readFileSync } from 'node:fs';
import { encodedImage, type Face, type InferenceClient, PixelFormat, rawImage } from '@resmask/client';
import { intersectionOverUnion } from '@resmask/vision';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noisePng, reencode } from '../support/pictures.js';
import { samplePhoto } from '../support/samples.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const SAMPLE_FACES: Record<string, number[][]> = JSON.parse(
  readFileSync(new URL('../golden/sample-faces.json', import.meta.url), 'utf8'),
).faces;

describe('recognising single images', () => {
  let platform: TestPlatform;
  let inference: InferenceClient;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    inference = platform.inference;
  });
  afterAll(() => platform.stop());

  it.each(Object.entries(SAMPLE_FACES))(
    'finds every face that is there by eye in sample %s, and no other',
    async (sample, boxes) => {
      const { faces } = await inference.recognize({ image: encodedImage(await samplePhoto(Number(sample))) });
      for (const [x, y, width, height] of boxes) {
        const best = Math.max(
          ...faces.map(({ box }) => (box ? intersectionOverUnion(box, { x, y, width, height }) : 0)),
        );
        expect(best, `face at ${x},${y}`).toBeGreaterThanOrEqual(0.5);
      }
      expect(faces).toHaveLength(boxes.length);
    },
  );

  it('gives seven probabilities that sum to one, the label of the largest, and what computed', async () => {
    const answer = await inference.recognize({ image: encodedImage(await samplePhoto(1)) });
    expect(answer).toMatchObject({
      model: `${PARENT}/models/resmasking-compact/versions/1`,
      detector: `${PARENT}/models/tiny-face-detector/versions/1`,
      width: 1920,
      height: 1280,
      executionProvider: 'cpu',
    });
    for (const face of answer.faces) {
      expect(face.probabilities.map(({ label }) => label)).toEqual([
        'angry',
        'disgust',
        'fear',
        'happy',
        'sad',
        'surprise',
        'neutral',
      ]);
      expect(face.probabilities.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
      const best = face.probabilities.reduce((a, b) => (b.probability > a.probability ? b : a));
      expect([face.label, face.probability]).toEqual([best.label, best.probability]);
    }
    expect(answer.faces.map(({ detectionScore }) => detectionScore)).toEqual(
      answer.faces.map(({ detectionScore }) => detectionScore).sort((a, b) => b - a),
    );
  });

  it('sees the same in PNG, WebP and raw pixels', async () => {
    const png = await reencode(await samplePhoto(3), 'png', 640);
    const webp = await reencode(png, 'webp');
    const fromPng = await inference.recognize({ image: encodedImage(png) });
    const fromWebp = await inference.recognize({ image: encodedImage(webp) });
    expect(fromPng.faces).toHaveLength(3);
    expect(fromWebp.faces).toEqual(fromPng.faces);
    const { width, height, pixels } = await rawRgb(png);
    const fromRgb = await inference.recognize({
      image: rawImage(PixelFormat.PIXEL_FORMAT_RGB24, width, height, pixels),
    });
    expect(fromRgb.faces).toEqual(fromPng.faces);
    const bgr = Buffer.from(pixels);
    for (let i = 0; i < bgr.length; i += 3) bgr.subarray(i, i + 3).reverse();
    const fromBgr = await inference.recognize({ image: rawImage(PixelFormat.PIXEL_FORMAT_BGR24, width, height, bgr) });
    expect(fromBgr.faces).toEqual(fromPng.faces);
  });

  it('takes regions instead of detecting: a face box like the detector gives, exact pixels, the whole frame', async () => {
    const image = encodedImage(await samplePhoto(1));
    const detected = (await inference.recognize({ image })).faces[0];
    const box = detected.box ?? { x: 0, y: 0, width: 0, height: 0 };
    const regions = [
      { area: { $case: 'face', value: box } as const },
      { area: { $case: 'crop', value: box } as const },
      { area: { $case: 'wholeFrame', value: {} } as const },
    ];
    const { faces, detector } = await inference.recognize({ image, regions });
    expect(detector).toBe('');
    expect(faces).toHaveLength(3);
    // The reported box is a 32-bit float, so the crop may differ by a pixel from the detector's own.
    expect(faces[0].label).toBe(detected.label);
    expect(faces[0].box).toEqual(box);
    expect(probabilities(faces[1])).not.toEqual(probabilities(faces[0]));
    expect(faces[2].box).toEqual({ x: 0, y: 0, width: 1920, height: 1280 });
  });

  it('tells faces of a large JPEG, decoded smaller, in pixels of the image as it was sent', async () => {
    const photo = await samplePhoto(1);
    const small = await inference.recognize({ image: encodedImage(photo) });
    const large = await inference.recognize({ image: encodedImage(await reencode(photo, 'jpeg', 3840)) });
    expect(large).toMatchObject({ width: 3840, height: 2560 });
    for (const { box } of small.faces) {
      const { x, y, width, height } = box ?? { x: 0, y: 0, width: 0, height: 0 };
      const doubled = { x: x * 2, y: y * 2, width: width * 2, height: height * 2 };
      const overlaps = large.faces.map((face) => (face.box ? intersectionOverUnion(face.box, doubled) : 0));
      expect(Math.max(...overlaps)).toBeGreaterThan(0.85);
    }
    const regions = large.faces.map(({ box }) => ({
      area: { $case: 'face' as const, value: box ?? { x: 0, y: 0, width: 1, height: 1 } },
    }));
    const again = await inference.recognize({ image: encodedImage(await reencode(photo, 'jpeg', 3840)), regions });
    expect(again.faces.map(({ label }) => label)).toEqual(large.faces.map(({ label }) => label));
  });

  it('keeps only the best-scored faces when asked for fewer', async () => {
    const image = encodedImage(await samplePhoto(5));
    const all = await inference.recognize({ image });
    const two = await inference.recognize({ image, maxFaces: 2 });
    expect(two.faces).toEqual(all.faces.slice(0, 2));
  });

  it('finds no face where there is none', async () => {
    expect((await inference.recognize({ image: encodedImage(await noisePng(320, 240)) })).faces).toEqual([]);
  });

  it.each([
    ['an unknown model', { model: 'nobody' }, 'NOT_FOUND', 'MODEL_NOT_FOUND'],
    ['an alias nobody set', { model: 'resmasking-compact@canary' }, 'NOT_FOUND', 'ALIAS_NOT_FOUND'],
    ['a version that does not exist', { model: 'resmasking-compact/99' }, 'NOT_FOUND', 'VERSION_NOT_FOUND'],
    ['a reference that is none', { model: 'a b' }, 'INVALID_ARGUMENT', 'MODEL_REFERENCE_INVALID'],
    ['a detector as a classifier', { model: 'tiny-face-detector' }, 'INVALID_ARGUMENT', 'TASK_MISMATCH'],
    ['a classifier as a detector', { detector: 'resmasking-compact' }, 'INVALID_ARGUMENT', 'TASK_MISMATCH'],
    ['too many faces', { maxFaces: 257 }, 'INVALID_ARGUMENT', 'FIELD_INVALID'],
    ['no image', { image: undefined }, 'INVALID_ARGUMENT', 'FIELD_INVALID'],
  ])('refuses %s', async (_what, change, code, reason) => {
    const image = encodedImage(await noisePng(64, 64));
    await expect(inference.recognize({ image, ...change })).rejects.toMatchObject({ code, reason });
  });

  it('refuses a region outside the image, and one without a size', async () => {
    const image = encodedImage(await noisePng(64, 64));
    const at = (x: number, width: number) => [
      { area: { $case: 'face' as const, value: { x, y: 0, width, height: 10 } } },
    ];
    await expect(inference.recognize({ image, regions: at(1000, 10) })).rejects.toMatchObject({
      reason: 'REGION_INVALID',
    });
    await expect(inference.recognize({ image, regions: at(0, 0) })).rejects.toMatchObject({ reason: 'REGION_INVALID' });
    await expect(inference.recognize({ image, regions: at(0, Number.NaN) })).rejects.toMatchObject({
      reason: 'REGION_INVALID',
    });
  });
});

function probabilities(face: Face): number[] {
  return face.probabilities.map(({ probability }) => probability);
}

async function rawRgb(png: Buffer): Promise<{ width: number; height: number; pixels: Buffer }> {
  const { decodeImage } = await import('@resmask/codecs');
  const { width, height, data } = (await decodeImage(png, { maxPixels: 1e8, minSide: 1 })).pixels;
  return { width, height, pixels: Buffer.from(data) };
}
