import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeliveryMode, encodedImage } from '@resmask/client';
import { pixels, resizeBilinear, squareAround, toGray } from '@resmask/vision';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo, facesOf } from '../support/answers.js';
import { type CommandResult, resmask as runResmask } from '../support/command-line.js';
import { grayPng } from '../support/pictures.js';
import { SHARED } from '../support/samples.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const LABELS = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
const CARD = JSON.parse(readFileSync(new URL('../../models/resmasking-compact.card.json', import.meta.url), 'utf8'));
const FIRST_TEST_ROW = 32_298;

describe.skipIf(!SHARED)('preprocessing against the reference vectors', () => {
  interface Vector {
    readonly op: string;
    readonly src: { readonly file: string; readonly shape: readonly number[] };
    readonly dst: { readonly file: string; readonly shape: readonly number[]; readonly sha256: string };
    readonly cases?: readonly { readonly box: readonly number[]; readonly square: readonly number[] }[];
  }
  const folder = `${SHARED}/reference/preprocess`;
  const vectors: Vector[] = SHARED ? JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) : [];

  it.each(vectors.filter(({ op }) => op.startsWith('cv2.resize')))(
    'resizes $src.file with no differing byte',
    ({ src, dst }) => {
      const [height, width] = src.shape;
      const image = pixels(width, height, 1, readFileSync(`${folder}/${src.file}`));
      expect(digest(resizeBilinear(image, dst.shape[1], dst.shape[0]).data)).toBe(dst.sha256);
    },
  );

  it('turns colour into grey with no differing byte', () => {
    const vector = vectors.find(({ op }) => op.startsWith('cv2.cvtColor'));
    if (!vector) throw new TypeError('there is no grey vector');
    const [height, width] = vector.src.shape;
    const rgb = readFileSync(`${folder}/${vector.src.file}`);
    for (let i = 0; i < rgb.length; i += 3) rgb.subarray(i, i + 3).reverse();
    expect(digest(toGray(pixels(width, height, 3, rgb)).data)).toBe(vector.dst.sha256);
  });

  it('squares every box as the published pipeline does', () => {
    for (const { box, square } of vectors.flatMap(({ cases }) => cases ?? [])) {
      const [left, top, right, bottom] = box;
      const bounds = squareAround({ x: left, y: top, width: right - left, height: bottom - top }, 1.1);
      expect([bounds.left, bounds.top, bounds.right, bounds.bottom]).toEqual(square);
    }
  });
});

describe.skipIf(!SHARED)('the whole system on the reference data', () => {
  let platform: TestPlatform;
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resmask-golden-'));
    execFileSync(process.execPath, [`${SHARED}/tools/fer2013-csv.mjs`, join(folder, 'fer2013.csv')]);
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    await platform.startEvaluation();
    environment = {
      RESMASK_REGISTRY: platform.service('registry').address,
      RESMASK_INFERENCE: platform.service('inference').address,
      RESMASK_EVALUATION: platform.service('evaluation').address,
    };
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true });
  });

  const resmask = (...args: string[]): Promise<CommandResult> => runResmask([...args, '--json'], environment);
  const json = async (...args: string[]) => JSON.parse((await resmask(...args)).stdout);

  it('imports all 35,887 rows of fer2013.csv with the published class counts', async () => {
    const dataset = await json('datasets', 'import', 'fer2013', join(folder, 'fer2013.csv'));
    expect(dataset.splits).toEqual([
      { split: 'train', sampleCount: 28_709, classCounts: [3995, 436, 4097, 7215, 4830, 3171, 4965] },
      { split: 'validation', sampleCount: 3589, classCounts: [467, 56, 496, 895, 653, 415, 607] },
      { split: 'test', sampleCount: 3589, classCounts: [491, 55, 528, 879, 594, 416, 626] },
    ]);
    expect(dataset.skippedRowCount).toBe(0);
  });

  it.each(['validation', 'test'])(
    'gets the counts of the model card on %s, confusion matrix included',
    async (split) => {
      const run = await json('evaluate', 'resmasking-compact', '--split', split, '--watch');
      const { n, correct, confusion_rows_true_columns_predicted: rows } = CARD.splits[split];
      expect(run.accuracy).toMatchObject({ k: correct, n });
      expect(
        run.confusionMatrix.rowsByTrueLabel.map(
          (row: { countsByPredictedLabel: number[] }) => row.countsByPredictedLabel,
        ),
      ).toEqual(rows);
    },
  );

  it('gives the reference probabilities, and 100 images streamed as PNG those the run stored, to 1e-6', async () => {
    const [{ name }] = (await json('runs', 'list')).filter((run: { split: string }) => run.split === 'test');
    const predictions = await Array.fromAsync(platform.evaluation.listPredictions(name));
    for (const [i, logits] of (CARD.reference_logits.logits as number[][]).entries()) {
      const exponentials = logits.map(Math.exp);
      const sum = exponentials.reduce((a, b) => a + b);
      for (const [j, value] of exponentials.entries())
        expect(Math.abs(value / sum - predictions[i].probabilities[j])).toBeLessThan(1e-4);
    }
    const bytes = execFileSync('xz', ['-dc', `${SHARED}/data/fer2013/pixels.u8.xz`], { maxBuffer: 2 ** 28 });
    const frames = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const start = (FIRST_TEST_ROW + i) * 2304;
        return {
          frameId: i + 1,
          image: encodedImage(await grayPng(bytes.subarray(start, start + 2304), 48, 48)),
          regions: [{ area: { $case: 'wholeFrame' as const, value: {} } }],
        };
      }),
    );
    const answers = await answersTo(
      platform.inference,
      { parent: PARENT, mode: DeliveryMode.DELIVERY_MODE_LOSSLESS },
      frames,
    );
    const differences = answers.flatMap((answer, i) =>
      facesOf(answer)[0].probabilities.map(({ probability }, j) =>
        Math.abs(probability - predictions[i].probabilities[j]),
      ),
    );
    expect(differences).toHaveLength(700);
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-6);
  });

  it.each([
    ['fr_two_people.jpg', 2],
    ['fr_obama_small.jpg', 1],
    ['fr_32bit.png', 1],
    ['fer_no-faces.jpg', 0],
    ['faceapi_angry.jpg', 1],
    ['faceapi_disgusted.jpg', 1],
    ['faceapi_fearful.jpg', 1],
    ['faceapi_happy.jpg', 1],
    ['faceapi_neutral.jpg', 1],
    ['faceapi_sad.jpg', 1],
    ['faceapi_surprised.jpg', 1],
  ] as const)('finds the faces of %s: %i', async (photo, count) => {
    const { faces } = await platform.inference.recognize({
      image: encodedImage(readFileSync(`${SHARED}/data/photos/${photo}`)),
    });
    expect(faces).toHaveLength(count);
    for (const { label } of faces) expect(LABELS).toContain(label);
  });

  const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0;

  it.skipIf(!ffmpeg)('streams the clip: 275 answers in order, live at four times its speed too', async () => {
    const clip = `${SHARED}/data/photos/fr_short_hamilton_clip.mp4`;
    const frameIds = (stdout: string): number[] =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).frameId);
    const everyId = Array.from({ length: 275 }, (_, i) => i + 1);
    const lossless = await resmask('stream', clip, '--mode', 'lossless');
    expect(frameIds(lossless.stdout)).toEqual(everyId);
    expect(lossless.stderr).toContain('275 served');
    const live = await resmask('stream', clip, '--mode', 'latest', '--speed', '4');
    expect(frameIds(live.stdout)).toEqual(everyId);
  });
});

function digest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
