import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode, InferenceClient, ResmaskError } from '@resmask/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { summary } from '../support/answers.js';
import { grayFrame } from '../support/gray-frames.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { publish } from '../support/publish.js';
import { StreamFleet } from '../support/stream-fleet.js';
import { StreamLoad } from '../support/stream-load.js';
import { TestPlatform } from '../support/test-platform.js';
import { TestService } from '../support/test-service.js';
import { TestStream } from '../support/test-stream.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const STREAMS = 64;

describe('an inference service whose streams have to end', () => {
  let platform: TestPlatform;
  let service: TestService;
  let calls: InferenceCalls;
  let settings: Record<string, string> = {};

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await publish(platform.registry, 'tiny', tinyModel(1), TINY_SPEC, 'production');
  });
  afterAll(() => platform.stop());
  beforeEach(async () => {
    service = await platform.startInference({ RESMASK_MODEL: 'tiny', ...settings });
    calls = new InferenceCalls(service.address);
  });
  afterEach(async () => {
    calls.close();
    await service.stop();
  });

  describe('because it is stopped', () => {
    it(`answers every frame of ${STREAMS} streams that it has taken, says where to go on, and ends within 10 s`, async () => {
      const fleet = new StreamFleet(calls, STREAMS, {}, { everyMs: 20 });
      await fleet.answers(10);
      const begun = performance.now();
      const stopping = service.stop();
      const ends = await Promise.all(fleet.streams.map((stream) => stream.ended()));
      expect(await stopping).toBe(0);
      expect(performance.now() - begun).toBeLessThan(10_000);
      for (const [i, stream] of fleet.streams.entries()) {
        expect(ends[i]).toMatchObject({ code: 'UNAVAILABLE', reason: 'DRAINING', retryAfterMs: 500 });
        expectGoesOn(stream);
      }
    });

    it('does not wait longer than its limit for a client that reads no answers', async () => {
      const stream = new TestStream(calls.stub, LOSSLESS);
      await stream.accepted();
      stream.call.pause();
      const flood = setInterval(() => stream.end ?? stream.send(grayFrame(stream.sent.length + 1)), 1);
      await delay(1500);
      const begun = performance.now();
      expect(await service.stop()).toBe(0);
      clearInterval(flood);
      expect(performance.now() - begun).toBeLessThan(15_000);
    });

    it(`lets ${STREAMS} clients resume at another instance without losing a frame`, async () => {
      const frames = 400;
      const other = await TestService.start('inference', { ...service.environment, RESMASK_MODEL: 'tiny' });
      // As behind a name with two addresses; the second one is for when the first is gone.
      const clients = Array.from(
        { length: STREAMS },
        () => new InferenceClient(`ipv4:${service.address},${other.address}`),
      );
      let stopping: Promise<unknown> | undefined;
      const gaps: number[] = [];
      const streamAll = async (client: InferenceClient): Promise<string[]> => {
        const replies: string[] = [];
        let lastAt = performance.now();
        let longest = 0;
        for await (const answer of client.streamFrames(LOSSLESS, paced(frames), { attempts: 50 })) {
          if (answer.$case !== 'result') continue;
          replies.push(summary(answer));
          longest = Math.max(longest, performance.now() - lastAt);
          lastAt = performance.now();
          if (replies.length === 50) stopping ??= service.stop();
        }
        gaps.push(longest);
        return replies;
      };
      const all = await Promise.all(clients.map((client) => streamAll(client)));
      await stopping;
      for (const client of clients) client.close();
      await other.stop();
      const whole = Array.from({ length: frames }, (_, i) => `${i + 1} result`);
      for (const replies of all) expect(replies).toEqual(whole);
      process.stdout.write(`longest gap of ${STREAMS} resuming clients: ${Math.max(...gaps).toFixed(0)} ms\n`);
    });
  });

  describe('because they are old', () => {
    beforeAll(() => {
      settings = { RESMASK_MAX_STREAM_AGE_MS: '1500' };
    });

    it('answers what it has taken, says where to go on, and lets the client come back at once', async () => {
      const streams = [1, 2, 3].map(() => new TestStream(calls.stub, LOSSLESS));
      expect((await streams[0].accepted()).maxStreamAge).toEqual({ seconds: 1, nanos: 500_000_000 });
      const loads = streams.map((stream) => new StreamLoad(stream, { everyMs: 5 }));
      for (const stream of streams) {
        expect(await stream.ended()).toMatchObject({ code: 'UNAVAILABLE', reason: 'STREAM_TOO_OLD' });
        expectGoesOn(stream);
      }
      for (const load of loads) await load.stop();
      const next = new TestStream(calls.stub, LOSSLESS);
      next.send(grayFrame(1));
      expect(await next.finish()).toBe('OK');
    });

    it('moves a silent stream on too', async () => {
      const stream = new TestStream(calls.stub, LOSSLESS);
      expect(await stream.ended()).toMatchObject({ reason: 'STREAM_TOO_OLD' });
      expect(stream.answers.at(-1)).toEqual({ $case: 'draining', value: { lastFrameId: 0, resumeFrameId: 0 } });
    });
  });

  describe('because they are idle', () => {
    beforeAll(() => {
      settings = { RESMASK_STREAM_IDLE_TIMEOUT_MS: '1500' };
    });

    it('ends a stream that says nothing, and no other', async () => {
      const [silent, alive] = [new TestStream(calls.stub, LOSSLESS), new TestStream(calls.stub, LOSSLESS)];
      const load = new StreamLoad(alive, { everyMs: 100 });
      expect((await silent.accepted()).idleTimeout).toEqual({ seconds: 1, nanos: 500_000_000 });
      silent.send(grayFrame(1));
      expect(await silent.ended()).toMatchObject({ code: 'DEADLINE_EXCEEDED', reason: 'STREAM_IDLE' });
      expect(silent.replies.map(summary)).toEqual(['1 result']);
      const answered = alive.replies.length;
      await alive.until(({ replies }) => replies.length > answered + 10);
      await load.finish();
      expect(alive.end).toBe('OK');
    });

    it('ends a stream that never says how it shall be served', async () => {
      const call = calls.stub.streamFrames();
      const error = await new Promise((resolve) => call.on('error', resolve).on('data', () => {}));
      expect(ResmaskError.from(error)).toMatchObject({ reason: 'STREAM_IDLE' });
    });
  });
});

/** Every reply is one frame's, in order; the last word is `draining` with the first frame that has none. */
function expectGoesOn(stream: TestStream): void {
  const ids = stream.replies.map(({ value: { frameId } }) => frameId);
  expect(ids).toEqual(stream.sent.slice(0, ids.length));
  expect(stream.answers.at(-1)).toEqual({
    $case: 'draining',
    value: { lastFrameId: ids.length, resumeFrameId: ids.length + 1 },
  });
}

async function* paced(frames: number) {
  for (let frameId = 1; frameId <= frames; frameId += 1) {
    yield grayFrame(frameId);
    await delay(10);
  }
}
