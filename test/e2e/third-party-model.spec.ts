import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodedImage, type Face } from '@resmask/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resmask } from '../support/command-line.js';
import { ALPHABETICAL, KERAS_STYLE_SPEC, kerasStyleModel } from '../support/keras-style-model.js';
import { samplePhoto } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';

let platform: TestPlatform;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resmask-keras-'));
  platform = await TestPlatform.start();
  await platform.publishShippedModels();
  await platform.startInference();
});
afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true });
});

it('a Keras-style model of another layout, range and order of labels gives each label its own probability', async () => {
  const file = join(folder, 'keras.onnx');
  await writeFile(file, await kerasStyleModel());
  await writeFile(join(folder, 'keras.spec.yaml'), KERAS_STYLE_SPEC);
  const environment = { RESMASK_REGISTRY: platform.service('registry').address };
  for (const args of [
    ['models', 'register', 'keras', '--file', file],
    ['models', 'promote', 'keras', '1'],
  ]) {
    const { code, stderr } = await resmask(args, environment);
    expect(code, stderr).toBe(0);
  }
  const labels = new Set<string>();
  for (const sample of [1, 2, 3, 5]) {
    const image = encodedImage(await samplePhoto(sample));
    const [ours, theirs] = await Promise.all([
      platform.inference.recognize({ image }),
      platform.inference.recognize({ image, model: 'keras' }),
    ]);
    expect(theirs.faces.length).toBe(ours.faces.length);
    for (const [i, face] of theirs.faces.entries()) {
      expect(face.probabilities.map(({ label }) => label)).toEqual([...ALPHABETICAL]);
      expect(face.label).toBe(ours.faces[i].label);
      const expected = byLabel(ours.faces[i]);
      for (const [label, probability] of byLabel(face)) expect(probability).toBeCloseTo(expected.get(label) ?? -1, 5);
      labels.add(face.label);
    }
  }
  // Labels whose places differ between the two orders are among them.
  expect(labels).toContain('sad');
  expect(labels).toContain('neutral');
});

function byLabel({ probabilities }: Face): Map<string, number> {
  return new Map(probabilities.map(({ label, probability }) => [label, probability]));
}
