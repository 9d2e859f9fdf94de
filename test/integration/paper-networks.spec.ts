import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { DeliveryMode, type Face, PixelFormat, rawImage } from '@resmask/client';
import { ExplanationMethod, type ExplanationOptions } from '@resmask/contracts/inference.v1';
import { SessionThread } from '@resmask/runtime';
import { argmax, softmax } from '@resmask/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExplanationMaps, explanationMaps } from '../parity/explanation.js';
import { answersTo, facesOf } from '../support/answers.js';
import { WHOLE } from '../support/gray-frames.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { OpenInferenceCalls } from '../support/open-inference-calls.js';
import { modelOf, PaperNetworks } from '../support/paper-networks.js';
import { peakMiB, residentMiB } from '../support/process-facts.js';
import { noiseImage, waveImage } from '../support/rule-weights.js';
import { feed, relativeDifference, runModel } from '../support/run-model.js';
import { SHARED } from '../support/samples.js';
import { LONG } from '../support/storm.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const RESMASK = 'resmasking_dropout1';
/** Seven of the paper's: the first takes colours, the others grey, one of them larger images. */
const MEMBERS = [RESMASK, 'cbam_resnet50', 'bam_resnet50', 'densenet121', 'googlenet', 'inception_v3@299', 'resnet34'];
const SIDE = 224;
/** For the ensemble and the face detector, one session each; the whole service has to fit. */
const BUDGET_BYTES = 2_000_000_000;
const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const ALL_OF_IT = { method: 0, label: '', masks: true, overlay: true };

const missing = [
  ...(SHARED ? [] : ['the parity vectors (RESMASK_SHARED)']),
  ...(LONG ? [] : ['RESMASK_TEST_LONG=1, since it builds a gigabyte of networks']),
];

describe.skipIf(missing.length > 0)(
  `the paper’s networks${missing.length > 0 ? `: needs ${missing.join(' and ')}` : ''}`,
  () => {
    let platform: TestPlatform;
    let networks: PaperNetworks;

    beforeAll(async () => {
      networks = await PaperNetworks.open(join(SHARED ?? '', 'reference/parity'));
      platform = await TestPlatform.start();
      await platform.publishShippedModels();
      for (const file of MEMBERS) await networks.publish(platform.registry, file, file === RESMASK ? 'rgb' : 'gray');
    }, 600_000);
    afterAll(async () => {
      await platform.stop();
      await networks.close();
    });

    /** Starts the service anew, so that its peak of memory is of what comes now. */
    async function serve(settings: Readonly<Record<string, string>>): Promise<void> {
      await platform.services.get('inference')?.stop();
      await platform.startInference({ RESMASK_WORKERS: '1', RESMASK_WORKER_THREADS: '2', ...settings });
    }

    async function streamed(
      model: string,
      images: readonly Uint8Array[],
      explain?: ExplanationOptions,
    ): Promise<Face[]> {
      const frames = images.map((bytes, i) => ({ frameId: i + 1, image: rawFrame(bytes), regions: WHOLE }));
      const explanation = explain && { everyNthFrame: 1, options: explain };
      const answers = await answersTo(platform.inference, { ...LOSSLESS, model, explanation }, frames);
      return answers.map((answer) => facesOf(answer)[0]);
    }

    function report(what: string): void {
      const { pid } = platform.service('inference');
      process.stderr.write(`${what}: peak ${Math.round(peakMiB(pid))} MiB, now ${Math.round(residentMiB(pid))} MiB\n`);
    }

    describe('ResMaskingNet itself', () => {
      const images = [noiseImage(3, SIDE), waveImage(3, SIDE)];
      const bytes = images.map(toBytes);
      let expected: ExplanationMaps;

      beforeAll(async () => {
        await serve({ RESMASK_MODEL: modelOf(RESMASK) });
        const input = feed([1, 3, SIDE, SIDE], floats(bytes[1]));
        expected = await explanationMaps(networks.graph(RESMASK), async (model, outputs) =>
          runModel(await networks.write(model), { input }, outputs),
        );
      }, 600_000);
      afterAll(() => report('ResMaskingNet, served, explained, and by its tensors'));

      it('answers the reference’s tensors with the published implementation’s probabilities', async () => {
        const calls = new OpenInferenceCalls(platform.service('inference').address);
        const requests = images.map((image) => tensorRequest(modelOf(RESMASK), image));
        const unary = await calls.infer(requests[0]);
        const { answers, code } = await calls.stream(new Metadata(), requests);
        calls.close();
        expect(code).toBe('OK');
        const rows = [unary, ...answers.map(({ inferResponse }) => inferResponse)].map((answer) =>
          softmax(asFloats(answer?.rawOutputContents[0])),
        );
        const { logits } = networks.reference(RESMASK);
        const wanted = [logits[0], ...logits].map((row) => softmax(row));
        expect(distance('tensors and the reference', rows, wanted)).toBeLessThanOrEqual(1e-4);
      });

      it('streams what bare ONNX Runtime says of the same bytes', async () => {
        const faces = await streamed(modelOf(RESMASK), bytes);
        const bare = await probabilitiesByBareRuntime(networks.path(RESMASK), bytes);
        expect(distance('a stream and bare ONNX Runtime', faces.map(rowOf), bare)).toBeLessThanOrEqual(1e-6);
        expect(faces.map(({ label }) => label)).toEqual(bare.map((row) => faces[0].probabilities[argmax(row)].label));
      });

      it('explains by the class activation map and the four masks, in a call and in a stream', async () => {
        const calls = new InferenceCalls(platform.service('inference').address);
        const image = rawFrame(bytes[1]);
        const called = await calls.explain({ model: modelOf(RESMASK), image, regions: WHOLE, options: ALL_OF_IT });
        calls.close();
        const [inStream] = await streamed(modelOf(RESMASK), [bytes[1]], ALL_OF_IT);
        for (const { explanation } of [called.faces[0], inStream]) {
          expect(explanation).toMatchObject({
            label: inStream.label,
            method: ExplanationMethod.EXPLANATION_METHOD_CLASS_ACTIVATION,
          });
          expect(explanation?.overlayPng.subarray(1, 4).toString()).toBe('PNG');
          expect(explanation?.masks.map(({ map }) => [map?.width, map?.height])).toEqual([
            [56, 56],
            [28, 28],
            [14, 14],
            [7, 7],
          ]);
          const maps = [explanation?.map, ...(explanation?.masks ?? []).map(({ map }) => map)];
          const wanted = [expected.map, ...expected.masks];
          const differences = maps.map((map, i) => relativeDifference(asTensor(wanted[i]), asTensor(map)));
          process.stderr.write(`maps, relative: ${differences.map((value) => value.toExponential(1)).join(', ')}\n`);
          expect(Math.max(...differences)).toBeLessThanOrEqual(1e-3);
        }
      });
    });

    it('makes an ensemble of seven architectures answer with the mean of their answers, within its budget of memory', async () => {
      const images = [toBytes(noiseImage(3, SIDE)), toBytes(waveImage(3, SIDE))];
      await serve({ RESMASK_MODEL: modelOf('googlenet') });
      const separate: number[][][] = [];
      for (const file of MEMBERS) separate.push((await streamed(modelOf(file), images)).map(rowOf));
      await makeEnsemble('seven');
      await serve({ RESMASK_MODEL: 'seven', RESMASK_MODEL_MEMORY_BYTES: String(BUDGET_BYTES) });
      const rows = (await streamed('seven', images)).map(rowOf);
      const mean = images.map((_, image) =>
        rows[image].map((_value, label) => sum(separate.map((member) => member[image][label])) / MEMBERS.length),
      );
      expect(distance('the ensemble and the mean of its members', rows, mean)).toBeLessThanOrEqual(1e-6);
      report('the ensemble of seven');
      expect(peakMiB(platform.service('inference').pid)).toBeLessThanOrEqual(BUDGET_BYTES / 2 ** 20);
    }, 600_000);

    async function makeEnsemble(model: string): Promise<void> {
      const { registry } = platform;
      const members = MEMBERS.map((file) => ({ version: `${PARENT}/models/${modelOf(file)}/versions/1`, weight: 0 }));
      const { task } = await registry.getModel(`${PARENT}/models/${modelOf(RESMASK)}`);
      await registry.createModel(PARENT, model, task);
      const { name } = await registry.createModelVersion(`${PARENT}/models/${model}`, { members });
      await registry.setAlias(`${PARENT}/models/${model}/aliases/production`, name, '');
    }
  },
);

/** [channels, side, side] in 0 to 1 as rows of red, green, blue bytes. */
function toBytes(image: Float32Array): Uint8Array {
  const area = SIDE * SIDE;
  return Uint8Array.from({ length: 3 * area }, (_, i) => Math.round(255 * image[(i % 3) * area + Math.floor(i / 3)]));
}

/** The other way round. */
function floats(bytes: Uint8Array): Float32Array {
  const area = SIDE * SIDE;
  return Float32Array.from({ length: 3 * area }, (_, i) => bytes[(i % area) * 3 + Math.floor(i / area)] / 255);
}

function rawFrame(bytes: Uint8Array) {
  return rawImage(PixelFormat.PIXEL_FORMAT_RGB24, SIDE, SIDE, bytes);
}

function tensorRequest(modelName: string, image: Float32Array) {
  return {
    modelName,
    inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, SIDE, SIDE].map(BigInt) }],
    outputs: [{ name: 'logits' }],
    rawInputContents: [Buffer.from(image.buffer)],
  };
}

function asFloats(bytes: Buffer = Buffer.alloc(0)): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function asTensor(map: { width: number; height: number; values: ArrayLike<number> } | undefined) {
  return feed([map?.height ?? 0, map?.width ?? 0], Float32Array.from(map?.values ?? []));
}

function rowOf({ probabilities }: Face): number[] {
  return probabilities.map(({ probability }) => probability);
}

async function probabilitiesByBareRuntime(file: string, images: readonly Uint8Array[]): Promise<number[][]> {
  const thread = await SessionThread.open(file, { provider: 'cpu', threads: 2 });
  try {
    const rows: number[][] = [];
    for (const bytes of images) {
      const { tensors } = await thread.run({ input: feed([1, 3, SIDE, SIDE], floats(bytes)) }, ['logits']);
      rows.push(softmax(Float32Array.from(tensors[0].data)));
    }
    return rows;
  } finally {
    await thread.close();
  }
}

/** Largest difference of two tables, which is reported too. */
function distance(what: string, rows: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): number {
  expect(rows.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  const largest = Math.max(...rows.flatMap((row, i) => row.map((value, j) => Math.abs(value - wanted[i][j]))));
  process.stderr.write(`between ${what}: ${largest.toExponential(1)}\n`);
  return largest;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
