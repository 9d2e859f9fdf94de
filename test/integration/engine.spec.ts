import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { FolderArtifactStore } from '@resmask/artifacts';
import {
  type Classifier,
  Engine,
  type ImageInput,
  type LoadableVersion,
  type RecognizedFace,
  type RecognizeTask,
} from '@resmask/engine';
import type { InputSpec, ModelSpec } from '@resmask/model-spec';
import { encodeModel, GraphBuilder } from '@resmask/onnx';
import { seededRandom, tensor } from '@resmask/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noisePng } from '../support/pictures.js';
import { sha256 } from '../support/publish.js';

const COMPACT = findArchitecture('resmasking-compact');

describe('the engine', () => {
  let folder: string;
  let cache: FolderArtifactStore;
  let engine: Engine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-engine-'));
    cache = await FolderArtifactStore.open(folder);
    engine = await Engine.start({
      workers: 2,
      threads: 1,
      provider: { wanted: 'cpu', fallback: 'none' },
      cacheFolder: folder,
      limits: { maxPixels: 1e6, minSide: 4 },
      maxModels: 2,
      // A machine that is busy when a version is loaded must not make its batches smaller.
      maxBatchMs: 10_000,
    });
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  async function stored(name: string, bytes: Uint8Array, spec: ModelSpec): Promise<LoadableVersion> {
    const writer = await cache.writer(1e9);
    await writer.write(bytes);
    const file = await writer.commit();
    return {
      name,
      digest: sha256(Buffer.from(JSON.stringify([file.sha256, spec]))),
      spec,
      files: [{ path: 'model.onnx', ...file }],
    };
  }
  const compact = (seed: number) =>
    stored(`compact-${seed}`, encodeModel(buildGraph(COMPACT, seededWeights(seed)).build()), defaultSpec(COMPACT));

  it('scores the same image the same whatever batch it comes in', async () => {
    const lease = await engine.acquire(await compact(1));
    const random = seededRandom(3);
    const images = Uint8Array.from({ length: 70 * 2304 }, () => Math.floor(random() * 256));
    const { classifier } = lease;
    const together = await classifier.samples(images.slice(), 48, 48);
    expect(together).toHaveLength(70 * 7);
    for (const i of [0, 31, 32, 69]) {
      const alone = await classifier.samples(images.slice(i * 2304, (i + 1) * 2304), 48, 48);
      for (const [label, probability] of alone.entries())
        expect(Math.abs(probability - together[i * 7 + label])).toBeLessThan(1e-6);
    }
    lease.release();
  });

  it('refuses bytes that changed in the cache', async () => {
    const version = await compact(20);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(cache.path(version.files[0].sha256), Buffer.from('something else'));
    await expect(engine.acquire(version)).rejects.toMatchObject({ code: 'DATA_LOSS' });
  });

  it('says why a graph cannot be loaded', async () => {
    const graph = new GraphBuilder('g');
    graph.output('logits', graph.relu('relu', graph.input('input', ['batch', 1, 48, 48])));
    const model = graph.build();
    for (const node of model.graph?.node ?? []) if (node.opType === 'Relu') node.opType = 'NoSuchOperator';
    await expect(
      engine.acquire(await stored('broken', encodeModel(model), defaultSpec(COMPACT))),
    ).rejects.toMatchObject({
      reason: 'MODEL_UNLOADABLE',
      message: expect.stringContaining('NoSuchOperator'),
    });
  });

  it('lets go of the version used longest ago for a new one, but never of one in use', async () => {
    const [a, b, c] = await Promise.all([compact(11), compact(12), compact(13)]);
    const first = await engine.acquire(a);
    (await engine.acquire(b)).release();
    const third = await engine.acquire(c);
    const loaded = (): string[] =>
      engine.models.filter(({ state }) => state === 'ready').map(({ version: { name } }) => name);
    expect(loaded()).toEqual(['compact-11', 'compact-13']);
    await expect(engine.acquire(b)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_MODELS' });
    first.release();
    third.release();
    (await engine.acquire(b)).release();
  });

  describe('the input stage', () => {
    // One value per plane comes out: the mean of what went into the network there.
    const SIDE = 6;
    function planeMeans(planes: 1 | 3): Uint8Array {
      const graph = new GraphBuilder('means');
      const mean = graph.globalAveragePool('mean', graph.input('input', ['batch', planes, SIDE, SIDE]));
      const identity = tensor(
        [planes, planes],
        Float32Array.from({ length: planes * planes }, (_, i) => (i % (planes + 1) === 0 ? 1 : 0)),
      );
      graph.output('logits', graph.linear('fc', mean, identity, tensor([planes], new Float32Array(planes))));
      return encodeModel(graph.build());
    }
    const input = (change: Partial<InputSpec>): InputSpec => ({
      ...defaultSpec(COMPACT).input,
      planes: 3,
      height: SIDE,
      width: SIDE,
      source: 'rgb',
      scale: 1,
      ...change,
    });
    const labels = ['x', 'y', 'z'];
    // A plain picture of red 10, green 20, blue 60.
    const bytes = (): Uint8Array => Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => [10, 20, 60][i % 3]);

    it.each<[string, Partial<InputSpec>, number[]]>([
      ['red, green, blue', {}, [10, 20, 60]],
      ['blue, green, red', { source: 'bgr' }, [60, 20, 10]],
      ['grey repeated', { source: 'gray' }, [22, 22, 22]],
      ['scaled, shifted and divided per plane', { scale: 2, mean: [1, 2, 3], std: [1, 2, 4] }, [19, 19, 29.25]],
      ['one mean for all planes', { mean: [10] }, [0, 10, 50]],
    ])('gives the network %s', async (_what, change, expected) => {
      // `probabilities`: what comes out is reported as it is.
      const spec: ModelSpec = {
        architecture: '',
        input: input(change),
        output: { task: 'expression', tensor: 'logits', values: 'probabilities', labels },
      };
      const lease = await engine.acquire(await stored('means', planeMeans(3), spec));
      const image = { kind: 'raw', format: 'rgb24', width: SIDE, height: SIDE, bytes: bytes() } as const;
      const [face] = await faces(task(lease.classifier, image));
      for (const [plane, value] of expected.entries()) expect(face.probabilities[plane]).toBeCloseTo(value, 3);
      lease.release();
    });
  });

  const NOBODY = new AbortController().signal;
  const task = (classifier: Classifier, image: ImageInput, change: Partial<RecognizeTask> = {}): RecognizeTask => ({
    image,
    classifier,
    detector: undefined,
    regions: [{ kind: 'whole' }],
    maxFaces: 1,
    minFaceSize: 0,
    alignment: false,
    scene: false,
    explain: undefined,
    deadline: Number.POSITIVE_INFINITY,
    signal: NOBODY,
    ...change,
  });
  const lossless = (maxInFlight = 64) => engine.openLane({ newestOnly: false, maxInFlight });
  const faces = async (wanted: RecognizeTask): Promise<readonly RecognizedFace[]> => {
    const outcome = await engine.recognize(lossless(), wanted);
    if (outcome.kind !== 'recognized') throw new Error(`it was dropped: ${outcome.reason}`);
    return outcome.recognition.faces;
  };
  const crop = (value: number): ImageInput => ({
    kind: 'raw',
    format: 'gray8',
    width: 48,
    height: 48,
    bytes: new Uint8Array(2304).fill(value),
  });

  it('forgets the frames of a stream that is gone, but for those that run', async () => {
    const lease = await engine.acquire(await compact(1));
    const lane = lossless();
    const png = new Uint8Array(await noisePng(400, 400));
    const frames = Array.from({ length: 10 }, () =>
      engine.recognize(lane, task(lease.classifier, { kind: 'encoded', bytes: png })),
    );
    engine.clearLane(lane);
    const outcomes = await Promise.all(frames);
    const cancelled = outcomes.filter((outcome) => outcome.kind === 'dropped' && outcome.reason === 'cancelled');
    // Two threads prepare two frames each.
    expect(cancelled).toHaveLength(6);
    lease.release();
  });

  it('drops a frame whose turn does not come within its deadline', async () => {
    const lease = await engine.acquire(await compact(1));
    const lane = lossless(1);
    const slow = { kind: 'encoded', bytes: new Uint8Array(await noisePng(950, 950)) } as const;
    const busy = engine.recognize(lane, task(lease.classifier, slow));
    const late = engine.recognize(lane, task(lease.classifier, crop(2), { deadline: performance.now() + 2 }));
    expect(await late).toEqual({ kind: 'dropped', reason: 'expired' });
    expect(await busy).toMatchObject({ kind: 'recognized' });
    lease.release();
  });

  it('puts frames of many streams that wait into one batch, and says how many there were', async () => {
    const lease = await engine.acquire(await compact(1));
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => engine.recognize(lossless(), task(lease.classifier, crop(i)))),
    );
    const sizes = outcomes.map((outcome) =>
      outcome.kind === 'recognized' ? outcome.recognition.timings.batchSize : 0,
    );
    expect(Math.max(...sizes)).toBeGreaterThan(4);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
    // What came in a batch is what comes alone.
    for (const i of [0, 7, 39]) {
      const [alone] = await faces(task(lease.classifier, crop(i)));
      const outcome = outcomes[i];
      const together = outcome.kind === 'recognized' ? outcome.recognition.faces[0].probabilities : [];
      for (const [label, probability] of alone.probabilities.entries())
        expect(Math.abs(probability - together[label])).toBeLessThan(1e-6);
    }
    lease.release();
  });

  it('keeps one bad frame from taking the others of its batch along', async () => {
    const lease = await engine.acquire(await compact(1));
    const short: ImageInput = { kind: 'raw', format: 'gray8', width: 48, height: 48, bytes: new Uint8Array(10) };
    const settled = await Promise.allSettled(
      [crop(1), crop(2), short, crop(3), crop(4)].map((image) =>
        engine.recognize(lossless(), task(lease.classifier, image)),
      ),
    );
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    lease.release();
  });

  it('gives of an ensemble the weighted mean of its members’ own answers', async () => {
    const members = await Promise.all([compact(1), compact(2)]);
    const version: LoadableVersion = {
      name: 'ensemble',
      digest: 'ensemble',
      spec: members[0].spec,
      files: [],
      members: members.map((member, i) => ({ version: member, weight: [3, 1][i] })),
    };
    const lease = await engine.acquire(version);
    const rows = await Promise.all(
      members.map(async (member) => {
        const single = await engine.acquire(member);
        const [face] = await faces(task(single.classifier, crop(90)));
        single.release();
        return face.probabilities;
      }),
    );
    const [fused] = await faces(task(lease.classifier, crop(90)));
    for (const [label, probability] of fused.probabilities.entries())
      expect(Math.abs(probability - (rows[0][label] * 3 + rows[1][label]) / 4)).toBeLessThan(1e-6);
    lease.release();
  });
});
