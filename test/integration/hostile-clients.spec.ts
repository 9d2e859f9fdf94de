import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode, encodedImage, type FrameInput } from '@resmask/client';
import type { Region } from '@resmask/contracts/inference.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BreakableLink } from '../support/breakable-link.js';
import { grayFrame, grayImage } from '../support/gray-frames.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { noiseJpeg } from '../support/pictures.js';
import { percentile, settledMiB } from '../support/process-facts.js';
import { stormSize } from '../support/storm.js';
import { StreamLoad } from '../support/stream-load.js';
import { IMAGE_ENVIRONMENT, TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const LATEST = { mode: DeliveryMode.DELIVERY_MODE_LATEST };
const STALLED = 8;
const MAX_STALLED_MIB = 4;
const IDLE = stormSize(5000);
/** grpc-js's client opens no more on one connection before the server's limit is known. */
const PER_CONNECTION = 100;

describe('an inference service with inconsiderate clients', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;
  let pid: number;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    const limits = { RESMASK_MAX_STREAMS: '10000', RESMASK_MAX_STREAMS_PER_CLIENT: '10000', RESMASK_MAX_WAITING: '64' };
    const service = await platform.startInference({ ...IMAGE_ENVIRONMENT, ...limits });
    pid = service.pid;
    calls = connect();
  });
  afterAll(async () => {
    expect(platform.service('inference').output).not.toContain('unexpected error');
    calls.close();
    await platform.stop();
  });

  const connect = (): InferenceCalls => new InferenceCalls(platform.service('inference').address);

  it(`holds no more than ${MAX_STALLED_MIB} MiB for a client that never reads, and serves others as before`, async () => {
    const other = new TestStream(calls.stub, LOSSLESS);
    const load = new StreamLoad(other, { everyMs: 20 });
    await other.until(({ replies }) => replies.length > 50);
    const before = await settledMiB(pid);
    // Each has a connection of its own, as a client that stalls would; frames of 256 faces have large answers.
    const stalled = Array.from({ length: STALLED }, () => {
      const own = connect();
      const stream = new TestStream(own.stub, LATEST);
      stream.call.pause();
      return { own, stream };
    });
    const flood = setInterval(() => {
      for (const { stream } of stalled) if (stream.sent.length < 300) stream.send(manyFaces(stream.sent.length + 1));
    }, 10);
    await delay(5000);
    const answered = other.replies.length;
    await other.until(({ replies }) => replies.length > answered + 50);
    clearInterval(flood);
    const growth = (await settledMiB(pid)) - before;
    process.stdout.write(`${STALLED} clients that never read: ${growth.toFixed(1)} MiB\n`);
    expect(growth).toBeLessThan(STALLED * MAX_STALLED_MIB + 32);
    for (const { own, stream } of stalled) {
      stream.call.cancel();
      own.close();
    }
    await load.finish();
    expect(other.replies.map(({ value: { frameId } }) => frameId)).toEqual(other.sent);
  });

  it('answers every frame of a client that sends as fast as it can, while others keep being served', async () => {
    const other = new TestStream(calls.stub, LOSSLESS);
    const load = new StreamLoad(other, { everyMs: 20 });
    await other.until(({ replies }) => replies.length > 50);
    const steady = percentile(other.latencies.splice(0), 99);
    const own = connect();
    const flood = new TestStream(own.stub, LATEST);
    await flood.accepted();
    const end = performance.now() + 3000;
    while (performance.now() < end) {
      for (let i = 0; i < 100; i += 1) flood.send(grayFrame(flood.sent.length + 1));
      await flood.until(({ sent, replies }) => sent.length - replies.length < 2000);
      await delay(1);
    }
    const flooded = percentile(other.latencies.splice(0), 99);
    await load.finish();
    expect(await flood.finish()).toBe('OK');
    expect(flood.replies.map(({ value: { frameId } }) => frameId)).toEqual(flood.sent);
    expect(other.replies.filter(({ $case }) => $case !== 'result')).toEqual([]);
    const fps = Math.round(flood.sent.length / 3);
    process.stdout.write(`${JSON.stringify({ floodFps: fps, steadyP99Ms: steady, floodedP99Ms: flooded })}\n`);
    own.close();
  });

  it(`keeps ${IDLE} idle streams for little memory, and serves a new one at once`, async () => {
    const before = await settledMiB(pid);
    const connections = Array.from({ length: Math.ceil(IDLE / PER_CONNECTION) }, connect);
    const streams: TestStream[] = [];
    for (const connection of connections) {
      const some = Array.from(
        { length: Math.min(PER_CONNECTION, IDLE - streams.length) },
        () => new TestStream(connection.stub),
      );
      for (const stream of some) await stream.accepted();
      streams.push(...some);
    }
    const perStream = (((await settledMiB(pid)) - before) * 1024) / IDLE;
    const begun = performance.now();
    const next = new TestStream(calls.stub, LOSSLESS);
    next.send(grayFrame(1));
    expect(await next.finish()).toBe('OK');
    const served = performance.now() - begun;
    process.stdout.write(
      `${IDLE} idle streams: ${perStream.toFixed(0)} KiB each; a new one served in ${served.toFixed(0)} ms\n`,
    );
    expect(perStream).toBeLessThan(200);
    for (const stream of streams) stream.call.cancel();
    for (const connection of connections) connection.close();
  });

  it.each(['cancels', 'goes away'] as const)(
    'forgets the waiting frames of a client that %s within 50 ms and never runs them',
    async (how) => {
      const slow = encodedImage(await noiseJpeg(2000, 1500));
      const link = await BreakableLink.to(platform.service('inference').address);
      const own = new InferenceCalls(link.address);
      const stream = new TestStream(own.stub, { ...LOSSLESS, maxInFlight: 64 });
      await stream.accepted();
      // Four of them are in hand, sixty wait: all that may, with four more.
      for (let frameId = 1; frameId <= 64; frameId += 1) stream.send({ frameId, image: slow });
      await stream.until(({ replies }) => replies.length > 0);
      if (how === 'cancels') stream.call.cancel();
      else link.cut();
      await delay(50);
      // What waited would leave no room for these.
      const next = new TestStream(calls.stub, { ...LOSSLESS, maxInFlight: 64 });
      for (let frameId = 1; frameId <= 40; frameId += 1) next.send(grayFrame(frameId));
      expect(await next.finish()).toBe('OK');
      expect(next.replies.filter(({ $case }) => $case !== 'result')).toEqual([]);
      // Those in hand are finished; after that nothing runs.
      await delay(1500);
      const before = cpuTicks(pid);
      await delay(1000);
      expect(cpuTicks(pid) - before).toBeLessThan(30);
      own.close();
      link.cut();
    },
  );
});

/** The answer to it has 256 faces. */
function manyFaces(frameId: number): FrameInput {
  const regions = Array.from({ length: 256 }, (): Region => ({ area: { $case: 'wholeFrame', value: {} } }));
  return { frameId, image: grayImage(frameId % 256), regions };
}

/** Hundredths of a second that a process has computed. */
function cpuTicks(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return Number(user) + Number(system);
}
