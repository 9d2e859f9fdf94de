import { readFileSync } from 'node:fs';
import { encodedImage, type Face } from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resmask } from '../support/command-line.js';
import { SHARED } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';

const FACES: Readonly<Record<string, number>> = {
  'faceapi_angry.jpg': 1,
  'faceapi_disgusted.jpg': 1,
  'faceapi_fearful.jpg': 1,
  'faceapi_happy.jpg': 1,
  'faceapi_neutral.jpg': 1,
  'faceapi_sad.jpg': 1,
  'faceapi_surprised.jpg': 1,
  'fer_no-faces.jpg': 0,
  'fr_32bit.png': 1,
  'fr_obama_small.jpg': 1,
  'fr_two_people.jpg': 2,
};
const DETECTORS = { yunet: 'yunet_s_640_640', ultraface: 'ultraface_version-RFB-320' };
/** x, y, width, height, five points, score. */
const OPENCV: Record<string, number[][]> = JSON.parse(
  readFileSync(new URL('yunet-opencv.json', import.meta.url), 'utf8'),
).faces;

describe.skipIf(!SHARED)('detectors registered by their specification files', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    const environment = { RESMASK_REGISTRY: platform.service('registry').address };
    for (const [name, file] of Object.entries(DETECTORS)) {
      const files = ['--file', `${SHARED}/data/detectors/${file}.onnx`, '--spec', `docs/detectors/${name}.spec.yaml`];
      expect(await resmask(['models', 'register', name, ...files], environment)).toMatchObject({ code: 0 });
    }
  });
  afterAll(() => platform.stop());

  async function detect(detector: string, photo: string): Promise<Face[]> {
    const image = encodedImage(readFileSync(`${SHARED}/data/photos/${photo}`));
    return (await platform.inference.recognize({ image, detector: `${detector}/1` })).faces;
  }

  describe.each(Object.keys(DETECTORS))('%s', (detector) => {
    it.each(Object.entries(FACES))('finds the faces of %s: %i', async (photo, count) => {
      expect(await detect(detector, photo)).toHaveLength(count);
    });
  });

  it.each(Object.keys(FACES))(
    'yunet gives the boxes and landmarks that OpenCV gives of %s, to a pixel',
    async (photo) => {
      const faces = await detect('yunet', photo);
      expect(faces).toHaveLength(OPENCV[photo].length);
      for (const [i, expected] of [...OPENCV[photo]].sort((a, b) => b[14] - a[14]).entries()) {
        const { box, landmarks, detectionScore } = faces[i];
        if (!box) throw new TypeError('a face has no box');
        const got = [box.x, box.y, box.width, box.height, ...landmarks.flatMap(({ x, y }) => [x, y])];
        for (const [j, value] of got.entries()) expect(Math.abs(value - expected[j])).toBeLessThanOrEqual(1);
        expect(detectionScore).toBeCloseTo(expected[14], 2);
      }
    },
  );
});
