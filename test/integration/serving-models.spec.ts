import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeliveryMode, ResmaskError } from '@resmask/client';
import { ServedModel_State as State } from '@resmask/contracts/inference.v1';
import { decodeModel, encodeModel } from '@resmask/onnx';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { summary } from '../support/answers.js';
import { eventually } from '../support/eventually.js';
import { grayFrame, grayImage, WHOLE } from '../support/gray-frames.js';
import { HealthWatch } from '../support/health-watch.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { publish, sha256 } from '../support/publish.js';
import { StreamLoad } from '../support/stream-load.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';

const LOSSLESS = DeliveryMode.DELIVERY_MODE_LOSSLESS;
const LATEST = DeliveryMode.DELIVERY_MODE_LATEST;

describe('the models an inference service serves', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;

  beforeAll(async () => {
    platform = await TestPlatform.start();
  });
  afterAll(() => platform.stop());
  afterEach(() => calls.close());

  const serve = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    await platform.startInference({ RESMASK_MODEL: 'tiny', ...settings });
    calls = new InferenceCalls(platform.service('inference').address);
  };
  const put = (model: string, seed: number, alias?: string): Promise<string> =>
    publish(platform.registry, model, tinyModel(seed), TINY_SPEC, alias);
  const promote = async (model: string, version: string): Promise<void> => {
    const name = `${PARENT}/models/${model}/aliases/production`;
    await platform.registry.setAlias(name, version, (await platform.registry.getAlias(name)).etag);
  };
  const recognize = (model: string) => calls.recognize({ model, image: grayImage(), regions: WHOLE });

  describe('one service', () => {
    beforeAll(async () => {
      await put('tiny', 1, 'production');
      await platform.startInference({ RESMASK_MODEL: 'tiny' });
    });
    beforeEach(() => {
      calls = new InferenceCalls(platform.service('inference').address);
    });
    afterAll(() => platform.service('inference').stop());

    it('switches running streams between two frames when an alias moves, and loses none', async () => {
      const [first, second] = [await put('moving', 1, 'production'), await put('moving', 2)];
      const streams = [LOSSLESS, LATEST, LOSSLESS, LATEST].map(
        (mode) => new TestStream(calls.stub, { model: 'moving', mode }),
      );
      const loads = streams.map((stream) => new StreamLoad(stream, { everyMs: 2, window: 4 }));
      for (const stream of streams) await stream.until(({ replies }) => replies.length > 20);
      await promote('moving', second);
      for (const stream of streams) await stream.until(({ models }) => models.length > 1);
      for (const load of loads) await load.finish();
      for (const stream of streams) {
        expect(stream.end).toBe('OK');
        expect(stream.models).toEqual([first, second]);
        expect(stream.replies.map(({ value: { frameId } }) => frameId)).toEqual(stream.sent);
        expect(stream.replies.filter(({ $case }) => $case === 'error')).toEqual([]);
      }
      // What is said to have answered is what answered.
      const odds = streams[0].replies.flatMap((reply) => {
        if (reply.$case !== 'result') return [];
        const [{ probability: happy }, { probability: sad }] = reply.value.faces[0].probabilities;
        return [[reply.value.model, Math.round(Math.log(happy / sad))]];
      });
      expect(new Set(odds.map(String))).toEqual(new Set([`${first},${oddsOf(1)}`, `${second},${oddsOf(2)}`]));
    });

    it('answers the last frame of a live stream even if the alias moved while the one before was running', async () => {
      const versions = [await put('hasty', 1, 'production'), await put('hasty', 2)];
      for (let round = 0; round < 10; round += 1) {
        const stream = new TestStream(calls.stub, { model: 'hasty', mode: LATEST, maxInFlight: 1 });
        await stream.accepted();
        const moved = promote('hasty', versions[(round + 1) % 2]);
        const load = new StreamLoad(stream, { everyMs: 0, window: 3 });
        await moved;
        await stream.until(({ models }) => models.includes(versions[(round + 1) % 2]));
        await load.finish();
        expect(stream.replies).toHaveLength(stream.sent.length);
      }
    });

    it('goes on with the old version when the new one cannot be loaded, says why, and follows the next move', async () => {
      const good = await put('fragile', 1, 'production');
      const broken = await publish(platform.registry, 'fragile', unsupported(), TINY_SPEC);
      const stream = new TestStream(calls.stub, { model: 'fragile', mode: LOSSLESS });
      const load = new StreamLoad(stream, { everyMs: 10 });
      await stream.until(({ replies }) => replies.length > 5);
      await promote('fragile', broken);
      const served = await eventually(
        () => calls.list(),
        (list) => list.some(({ version, state }) => version === broken && state === State.STATE_FAILED),
      );
      const status = served.find(({ version }) => version === broken)?.error;
      expect(status && ResmaskError.fromStatus(status)).toMatchObject({ reason: 'MODEL_UNLOADABLE' });
      const answered = stream.replies.length;
      await stream.until(({ replies }) => replies.length > answered + 5);
      expect(stream.models).toEqual([good]);
      const next = await put('fragile', 3, 'production');
      await stream.until(({ models }) => models.includes(next));
      await load.finish();
      expect(stream.models).toEqual([good, next]);
      expect(stream.replies.map(summary)).toEqual(stream.sent.map((frameId) => `${frameId} result`));
    });

    it('follows a move made while a version that cannot be loaded is being tried', async () => {
      await put('hurried', 1, 'production');
      const broken = await publish(platform.registry, 'hurried', unsupported(), TINY_SPEC);
      const last = await put('hurried', 4);
      const stream = new TestStream(calls.stub, { model: 'hurried', mode: LOSSLESS });
      const load = new StreamLoad(stream, { everyMs: 10 });
      await stream.until(({ replies }) => replies.length > 1);
      await promote('hurried', broken);
      await promote('hurried', last);
      await stream.until(({ models }) => models.includes(last));
      await load.finish();
    });

    it('keeps what LoadModel names until UnloadModel, and gives its memory back when its last stream ends', async () => {
      const version = await put('kept', 7, 'production');
      expect(await calls.load('kept')).toMatchObject({
        version,
        state: State.STATE_READY,
        pinned: true,
        references: ['kept'],
        sessions: 2,
        uses: 1,
      });
      const stream = new TestStream(calls.stub, { model: 'kept', mode: LOSSLESS });
      await stream.accepted();
      await calls.unload('kept');
      const find = async () => (await calls.list()).find((model) => model.version === version);
      expect(await find()).toMatchObject({ pinned: false, state: State.STATE_READY });
      stream.send(grayFrame(1));
      await stream.until(({ replies }) => replies.length === 1);
      expect(stream.replies.map(summary)).toEqual(['1 result']);
      await stream.finish();
      expect(await eventually(find, (model) => model === undefined)).toBeUndefined();
    });

    it('names the version an alias points at even where another one holds the same bytes', async () => {
      const twins = [await put('twin', 9, 'production'), await put('twin', 9)];
      const stream = new TestStream(calls.stub, { model: 'twin', mode: LOSSLESS });
      const load = new StreamLoad(stream, { everyMs: 5 });
      await stream.until(({ replies }) => replies.length > 2);
      await promote('twin', twins[1]);
      await stream.until(({ models }) => models.includes(twins[1]));
      expect((await calls.list()).filter(({ references }) => references.includes('twin'))).toHaveLength(1);
      await load.finish();
      expect(stream.models).toEqual(twins);
    });
  });

  it('lets go of the version used longest ago for a new one, and says so when all are kept', async () => {
    for (const [i, model] of ['one', 'two', 'three'].entries()) await put(model, i + 1, 'production');
    // A session holds 32 MiB besides its weights: there is room for two.
    await serve({ RESMASK_WORKERS: '1', RESMASK_MODEL: 'one', RESMASK_MODEL_MEMORY_BYTES: String(220 * 1024 * 1024) });
    const names = async () => (await calls.list()).map(({ version }) => version.split('/')[3]);
    await eventually(names, (loaded) => loaded.includes('one'));
    await calls.unload('one');
    await recognize('one');
    await recognize('two');
    await recognize('three');
    expect(await names()).toEqual(['three', 'two']);
    await calls.load('two');
    await calls.load('three');
    await expect(recognize('one')).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'MODEL_MEMORY_EXCEEDED',
      retryAfterMs: 5000,
    });
    const refused = new TestStream(calls.stub, { model: 'one' });
    expect(await refused.ended()).toMatchObject({ reason: 'MODEL_MEMORY_EXCEEDED' });
    await calls.unload('three');
    await recognize('one');
    await platform.service('inference').stop();
  });

  it('is ready without default models, and takes them up when they are registered', async () => {
    await serve({ RESMASK_MODEL: 'later' });
    const health = new HealthWatch(platform.service('inference').address);
    await health.becomes('SERVING');
    await expect(recognize('')).rejects.toMatchObject({ reason: 'MODEL_NOT_FOUND' });
    const version = await put('later', 1, 'production');
    const served = await eventually(
      () => calls.list(),
      (list) => list.some((model) => model.version === version && model.state === State.STATE_READY),
    );
    expect(served).toMatchObject([{ version, pinned: true, references: ['later'] }]);
    expect(await recognize('')).toMatchObject({ model: version });
    health.close();
    await platform.service('inference').stop();
  });

  it('fetches a file again that was damaged in its cache', async () => {
    const version = await put('damaged', 1, 'production');
    await serve({ RESMASK_MODEL: 'damaged' });
    expect(await recognize('')).toMatchObject({ model: version });
    await platform.service('inference').stop();
    const digest = sha256(tinyModel(1));
    const path = join(platform.environment['RESMASK_CACHE'], 'sha256', digest.slice(0, 2), digest);
    const bytes = await readFile(path);
    bytes[100] ^= 1;
    await writeFile(path, bytes);
    await platform.service('inference').restart();
    expect(await eventually(() => recognize('').catch(() => undefined), Boolean)).toMatchObject({ model: version });
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(digest);
    await platform.service('inference').stop();
  });
});

/** A graph that can be registered but not run: it has an operator nobody knows. */
function unsupported(): Buffer {
  const model = decodeModel(tinyModel(1));
  for (const node of model.graph?.node ?? []) if (node.opType === 'GlobalAveragePool') node.opType = 'NoSuchOperator';
  return Buffer.from(encodeModel(model));
}

/** Logits are seed × grey and seed − seed × grey, with grey 128 of 255; their difference tells the seed. */
function oddsOf(seed: number): number {
  const gray = 128 / 255;
  return Math.round(seed * gray - (seed - seed * gray));
}
