import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode, encodedImage, type FrameInput, type FrameReply, ResmaskError } from '@resmask/client';
import { DropReason } from '@resmask/contracts/inference.v1';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../support/answers.js';
import { grayFrame } from '../support/gray-frames.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { noiseJpeg, plainPng } from '../support/pictures.js';
import { StreamLoad } from '../support/stream-load.js';
import { TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const LATEST = { mode: DeliveryMode.DELIVERY_MODE_LATEST };

describe('streams that want more than there is', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;
  let slow: Buffer;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    // Few bytes to send and many pixels to decode.
    slow = await plainPng(1600, 1000);
  });
  afterAll(() => platform.stop());
  afterEach(async () => {
    calls.close();
    await platform.service('inference').stop();
  });

  const serve = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    await platform.startInference({ RESMASK_WORKERS: '1', ...settings });
    calls = new InferenceCalls(platform.service('inference').address);
    await platform.inference.recognize({ image: encodedImage(await noiseJpeg(64, 64)) });
  };
  /** A frame that keeps the only worker busy for tens of milliseconds. */
  const slowFrame = (frameId: number): FrameInput => ({ frameId, image: encodedImage(slow) });

  it('gives every stream an equal share, whether it sends fast or slowly and keeps few or many frames waiting', async () => {
    await serve();
    const configs = [LATEST, { ...LOSSLESS, maxInFlight: 1 }, { ...LOSSLESS, maxInFlight: 16 }, LATEST];
    const streams = configs.map((config) => new TestStream(calls.stub, config));
    const loads = streams.map(
      (stream, i) => new StreamLoad(stream, { everyMs: [0, 1, 0, 5][i], window: 32, frame: slowFrame }),
    );
    await Promise.all(streams.map((stream) => stream.until(() => resultsOf(stream) >= 3)));
    const before = streams.map(resultsOf);
    await streams[0].until(() => resultsOf(streams[0]) >= before[0] + 30);
    const shares = streams.map((stream, i) => resultsOf(stream) - before[i]);
    for (const load of loads) await load.stop();
    for (const stream of streams) stream.call.cancel();
    expect(jainIndex(shares)).toBeGreaterThanOrEqual(0.95);
  });

  it('drops a live frame whose turn does not come within its deadline, and answers a lossless one with an error', async () => {
    await serve();
    const busy = new TestStream(calls.stub, { ...LOSSLESS, maxInFlight: 32 });
    await busy.accepted();
    for (let frameId = 1; frameId <= 30; frameId += 1) busy.send(slowFrame(frameId));
    await busy.until(({ replies }) => replies.length > 0);
    const frameDeadline = { seconds: 0, nanos: 1_000_000 };
    const [live, lossless] = [LATEST, LOSSLESS].map((mode) => new TestStream(calls.stub, { ...mode, frameDeadline }));
    live.send(slowFrame(1));
    lossless.send(slowFrame(1));
    lossless.send({ ...slowFrame(2), deadline: { seconds: 600, nanos: 0 } });
    expect(await live.finish()).toBe('OK');
    expect(live.replies).toMatchObject([{ $case: 'dropped', value: { reason: DropReason.DROP_REASON_EXPIRED } }]);
    expect(await lossless.finish()).toBe('OK');
    expect(lossless.replies.map(summary)).toEqual(['1 error FRAME_EXPIRED', '2 result']);
    expect(errorOf(lossless.replies[0])).toMatchObject({ code: 'DEADLINE_EXCEEDED', retryAfterMs: 250 });
    expect((await live.accepted()).frameDeadline).toEqual(frameDeadline);
    busy.call.cancel();
  });

  it('answers frames beyond the waiting room at once, with a time to come back, and the stream lives on', async () => {
    await serve({ RESMASK_MAX_WAITING: '4' });
    const stream = new TestStream(calls.stub, { ...LOSSLESS, maxInFlight: 32 });
    await stream.accepted();
    for (let frameId = 1; frameId <= 20; frameId += 1) stream.send(slowFrame(frameId));
    expect(await stream.finish()).toBe('OK');
    expect(stream.replies.map(({ value: { frameId } }) => frameId)).toEqual(stream.sent);
    const errors = stream.replies.flatMap((reply) => errorOf(reply) ?? []);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'QUEUE_FULL', retryAfterMs: 250 });
    }
    expect(resultsOf(stream)).toBe(20 - errors.length);
  });

  it('drops live frames beyond the rate a stream may have, and reads a lossless stream at that rate', async () => {
    await serve({ RESMASK_MAX_FRAMES_PER_SECOND: '20' });
    const [live, lossless] = [LATEST, LOSSLESS].map((config) => new TestStream(calls.stub, config));
    expect((await live.accepted()).maxFramesPerSecond).toBe(20);
    await lossless.accepted();
    const begun = performance.now();
    for (let frameId = 1; frameId <= 60; frameId += 1) {
      live.send(grayFrame(frameId));
      lossless.send(grayFrame(frameId));
    }
    expect(await live.finish()).toBe('OK');
    const limited = live.replies.filter(
      (reply) => reply.$case === 'dropped' && reply.value.reason === DropReason.DROP_REASON_RATE_LIMITED,
    );
    // A second's worth may come at once.
    expect(limited.length).toBeGreaterThanOrEqual(20);
    expect(await lossless.finish()).toBe('OK');
    expect(lossless.replies.map(summary)).toEqual(lossless.sent.map((frameId) => `${frameId} result`));
    // Twenty at once, and two seconds for the other forty.
    expect(performance.now() - begun).toBeGreaterThan(1900);
  });

  it('lets no more streams be open than are allowed, of one client and in all', async () => {
    await serve({ RESMASK_MAX_STREAMS_PER_CLIENT: '2' });
    const open = [new TestStream(calls.stub, LOSSLESS), new TestStream(calls.stub, LOSSLESS)];
    for (const stream of open) await stream.accepted();
    expect(await new TestStream(calls.stub, LOSSLESS).ended()).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_STREAMS',
      retryAfterMs: 1000,
    });
    await open[0].finish();
    await delay(50);
    const next = new TestStream(calls.stub, LOSSLESS);
    await next.accepted();
    for (const stream of [open[1], next]) expect(await stream.finish()).toBe('OK');
  });
});

function resultsOf({ replies }: TestStream): number {
  return replies.filter(({ $case }) => $case === 'result').length;
}

function errorOf(reply: FrameReply): ResmaskError | undefined {
  return reply.$case === 'error' && reply.value.status ? ResmaskError.fromStatus(reply.value.status) : undefined;
}

/** 1 for equal shares, 1 ÷ their number if one has all. */
function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
}
