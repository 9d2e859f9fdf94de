import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DatasetFormat,
  DeliveryMode,
  type EvaluationClient,
  encodedImage,
  type Prediction,
  type Run,
  RunState,
  Split,
} from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo, facesOf } from '../support/answers.js';
import { csvPixels, syntheticCsv } from '../support/fer2013-csv.js';
import { grayPng } from '../support/pictures.js';
import { once } from '../support/publish.js';
import { query } from '../support/test-database.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const ROWS = 150;
const CSV = syntheticCsv(ROWS);

describe('the evaluation service', () => {
  let platform: TestPlatform;
  let evaluation: EvaluationClient;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishUntrained('untrained', 7, 'production');
    await platform.publishShippedModels();
    await platform.startInference();
    await platform.startEvaluation({ RESMASK_SHARD_SIZE: '32' });
    evaluation = platform.evaluation;
    await importCsv('synthetic', CSV);
  });
  afterAll(() => platform.stop());

  const importCsv = (id: string, csv: Buffer, skipBadRows = false) =>
    evaluation.importDataset(PARENT, id, DatasetFormat.DATASET_FORMAT_FER2013_CSV, once(csv), { skipBadRows });
  const startRun = (model: string, requestId = '') =>
    evaluation.createRun(PARENT, model, `${PARENT}/datasets/synthetic`, Split.SPLIT_TEST, requestId);
  const finish = async (run: Run): Promise<Run> => {
    let last = run;
    for await (const change of evaluation.watchRun(run.name)) last = change;
    return last;
  };

  describe('importing', () => {
    it('tells splits, sizes and class counts of what it imported', async () => {
      const dataset = await evaluation.getDataset(`${PARENT}/datasets/synthetic`);
      expect(dataset).toMatchObject({
        width: 48,
        height: 48,
        labels: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
      });
      expect(dataset.splits.map(({ split, sampleCount }) => [split, sampleCount])).toEqual([
        [Split.SPLIT_TRAIN, ROWS],
        [Split.SPLIT_VALIDATION, ROWS],
        [Split.SPLIT_TEST, ROWS],
      ]);
      for (const { classCounts } of dataset.splits) expect(classCounts.reduce((a, b) => a + b)).toBe(ROWS);
    });

    it('gives the same data set for the same samples in any order, and refuses others under its name', async () => {
      const [header, ...rows] = CSV.toString().trim().split('\n');
      const shuffled = Buffer.from([header, ...rows.reverse()].join('\n'));
      const { dataset } = await importCsv('synthetic', shuffled);
      expect(dataset?.digest).toBe((await evaluation.getDataset(`${PARENT}/datasets/synthetic`)).digest);
      await expect(importCsv('synthetic', syntheticCsv(ROWS, 2))).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
        reason: 'DATASET_EXISTS',
      });
    });

    it('refuses a file without a column, and imports nothing', async () => {
      const refused = importCsv('columns', Buffer.from('emotion,Usage\n3,Training\n'));
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'DATASET_MALFORMED' });
      await expect(refused).rejects.toThrow('line 1 lacks the column pixels');
      await expect(evaluation.getDataset(`${PARENT}/datasets/columns`)).rejects.toMatchObject({
        reason: 'DATASET_NOT_FOUND',
      });
    });

    it('refuses bad rows with their lines, or skips and reports them when asked to', async () => {
      const lines = CSV.toString().trim().split('\n').slice(0, 20);
      lines[4] = '9,1 2 3,Training';
      lines[9] = lines[9].replace('Training', 'Elsewhere');
      const damaged = Buffer.from(lines.join('\n'));
      const refused = importCsv('rows', damaged);
      await expect(refused).rejects.toMatchObject({
        reason: 'DATASET_ROWS_INVALID',
        violations: [{ field: 'line 5' }, { field: 'line 10' }],
      });
      const { dataset, skippedRowCount, skippedRows } = await importCsv('rows', damaged, true);
      expect(dataset?.splits[0].sampleCount).toBe(17);
      expect(skippedRowCount).toBe(2);
      expect(skippedRows).toEqual([
        { line: 5, problem: 'emotion is "9", allowed are 0 to 6' },
        { line: 10, problem: 'Usage is "Elsewhere", allowed are Training, PublicTest, PrivateTest' },
      ]);
    });
  });

  describe('runs', () => {
    it('score every sample once and report k of n, a Wilson interval and the confusion matrix', async () => {
      const run = await finish(await startRun('untrained'));
      expect(run).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, samplesDone: ROWS, samplesTotal: ROWS });
      const predictions = await Array.fromAsync(evaluation.listPredictions(run.name));
      expect(predictions.map(({ sample }) => sample)).toEqual(Array.from({ length: ROWS }, (_, i) => i));
      const correct = predictions.filter(({ trueLabel, predictedLabel }) => trueLabel === predictedLabel).length;
      const { accuracy, confusionMatrix } = run.report ?? {};
      expect(accuracy).toMatchObject({ k: correct, n: ROWS, value: correct / ROWS, confidence: 0.95 });
      expect(accuracy?.intervalLow).toBeLessThan(correct / ROWS);
      expect(accuracy?.intervalHigh).toBeGreaterThan(correct / ROWS);
      for (const [i, row] of (confusionMatrix?.rowsByTrueLabel ?? []).entries()) {
        const expected = confusionMatrix?.labels.map(
          (_, j) => predictions.filter((p) => p.trueLabel === i && p.predictedLabel === j).length,
        );
        expect(row).toEqual({ trueLabel: confusionMatrix?.labels[i], countsByPredictedLabel: expected });
      }
    });

    it('give the probabilities that the inference service gives for the same images, to 1e-6', async () => {
      const run = await finish(await startRun('resmasking-compact'));
      const predictions = await Array.fromAsync(evaluation.listPredictions(run.name));
      const images = csvPixels(CSV, 'PrivateTest').slice(0, 100);
      const frames = await Promise.all(
        images.map(async (pixels, i) => ({
          frameId: i + 1,
          image: encodedImage(await grayPng(pixels, 48, 48)),
          regions: [{ area: { $case: 'wholeFrame' as const, value: {} } }],
        })),
      );
      const answers = await answersTo(platform.inference, { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS }, frames);
      expect(answers).toHaveLength(100);
      let largest = 0;
      for (const [i, answer] of answers.entries()) {
        const [face] = facesOf(answer);
        for (const [j, { probability }] of face.probabilities.entries()) {
          largest = Math.max(largest, Math.abs(probability - predictions[i].probabilities[j]));
        }
      }
      expect(largest).toBeLessThanOrEqual(1e-6);
    });

    it('are made once for a repeated request id', async () => {
      const requestId = randomUUID();
      const [first, second] = await Promise.all([startRun('untrained', requestId), startRun('untrained', requestId)]);
      expect(second.name).toBe(first.name);
      await expect(startRun('resmasking-compact', requestId)).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    });

    it('are refused for unknown models, detectors, unknown data sets and no split', async () => {
      await expect(startRun('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND', reason: 'MODEL_NOT_FOUND' });
      await expect(startRun('tiny-face-detector')).rejects.toMatchObject({ reason: 'TASK_MISMATCH' });
      const create = (dataset: string, split: Split) => evaluation.createRun(PARENT, 'untrained', dataset, split);
      await expect(create(`${PARENT}/datasets/nothing`, Split.SPLIT_TEST)).rejects.toMatchObject({
        reason: 'DATASET_NOT_FOUND',
      });
      await expect(create(`${PARENT}/datasets/synthetic`, Split.SPLIT_UNSPECIFIED)).rejects.toMatchObject({
        reason: 'FIELD_INVALID',
      });
    });

    it('finish after a kill -9 in the middle, count nothing twice, and say the same as an undisturbed run', async () => {
      const undisturbed = await finish(await startRun('untrained'));
      // One sample a shard and one worker make the run slow enough to be hit in the middle.
      await platform.service('evaluation').stop();
      await platform.startEvaluation({ RESMASK_SHARD_SIZE: '1', RESMASK_WORKERS: '1' });
      evaluation = platform.evaluation;
      const run = await startRun('untrained');
      for await (const { samplesDone } of evaluation.watchRun(run.name)) if (samplesDone > 10) break;
      await platform.service('evaluation').kill();
      const [{ done }] = await query<{ done: number }>(
        platform.databaseUrl,
        'SELECT count(*)::integer AS done FROM evaluation.run_shard WHERE run = $1 AND done',
        [run.name.split('/').at(-1)],
      );
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(ROWS);
      await platform.service('evaluation').restart();
      const finished = await untilEnded(run.name);
      expect(finished.report).toEqual(undisturbed.report);
      const predictions = await Array.fromAsync(evaluation.listPredictions(run.name));
      expect(predictions.map(withoutNoise)).toEqual(
        (await Array.fromAsync(evaluation.listPredictions(undisturbed.name))).map(withoutNoise),
      );
    });

    it('go on at once after a stop in good order', async () => {
      const run = await startRun('untrained');
      for await (const { samplesDone } of evaluation.watchRun(run.name)) if (samplesDone > 5) break;
      expect(await platform.service('evaluation').stop()).toBe(0);
      await platform.service('evaluation').restart();
      const started = performance.now();
      expect((await untilEnded(run.name)).state).toBe(RunState.RUN_STATE_SUCCEEDED);
      // Far below the lease and the heartbeat that a killed worker's run has to wait for.
      expect(performance.now() - started).toBeLessThan(8000);
    });

    it('wait for a registry that is away, and then go on', async () => {
      const run = await startRun('untrained');
      await platform.service('evaluation').stop();
      await platform.service('registry').kill();
      await platform.service('evaluation').restart();
      await delay(1500);
      expect((await evaluation.getRun(run.name)).state).not.toBe(RunState.RUN_STATE_FAILED);
      await platform.service('registry').restart();
      expect((await untilEnded(run.name)).state).toBe(RunState.RUN_STATE_SUCCEEDED);
    });
  });

  async function untilEnded(name: string): Promise<Run> {
    for (;;) {
      const run = await evaluation.getRun(name);
      if (run.state === RunState.RUN_STATE_SUCCEEDED || run.state === RunState.RUN_STATE_FAILED) return run;
      await delay(200);
    }
  }
});

/** Batches of other sizes may differ in the last bits of a float. */
function withoutNoise({ probabilities, ...same }: Prediction) {
  return { ...same, probabilities: probabilities.map((value) => value.toFixed(5)) };
}
