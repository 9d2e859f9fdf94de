import { Client, credentials, status } from '@grpc/grpc-js';
import { DeliveryMode, encodedImage, ResmaskError } from '@resmask/client';
import { StreamConfig, StreamFramesRequest } from '@resmask/contracts/inference.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { summary } from '../support/answers.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { MutatedFrames } from '../support/mutated-frames.js';
import { peakGrowthMiB } from '../support/peak-memory.js';
import { pictureBombs } from '../support/picture-bombs.js';
import { plainPng } from '../support/pictures.js';
import { residentMiB } from '../support/process-facts.js';
import { samplePhoto } from '../support/samples.js';
import { stormSize } from '../support/storm.js';
import { IMAGE_ENVIRONMENT, TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';

const FRAMES = stormSize(10_000);
const MESSAGES = stormSize(5000);
const STREAMS = 4;
const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const FORBIDDEN = ['INTERNAL', 'UNKNOWN', 'UNAVAILABLE', 'DATA_LOSS'];
/** What the heaps of five threads and the allocator may grow to, however many frames there are. */
const MAX_GROWTH_MIB = 256;

describe('an inference service under hostile frames', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;
  let pid: number;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    const service = await platform.startInference(IMAGE_ENVIRONMENT);
    pid = service.pid;
    calls = new InferenceCalls(service.address);
    await streamMutatedAtOnce(400, 90);
  });
  afterAll(async () => {
    await expectUnharmed();
    calls.close();
    await platform.stop();
  });

  it(`answers each of ${FRAMES} mutated frames once, in order, and keeps no memory of them`, async () => {
    const before = residentMiB(pid);
    const streams = await streamMutatedAtOnce(FRAMES, 1);
    const growthMiB = residentMiB(pid) - before;
    expect(growthMiB).toBeLessThan(MAX_GROWTH_MIB);
    const outcomes = new Map<string, number>();
    for (const stream of streams) {
      expect(stream.replies.map(({ value: { frameId } }) => frameId)).toEqual(stream.sent);
      for (const reply of stream.replies) {
        const known = reply.$case === 'error' && reply.value.status && ResmaskError.fromStatus(reply.value.status);
        if (known) expect(FORBIDDEN, known.message).not.toContain(known.code);
        const outcome = known ? known.reason : reply.$case;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    // The mutations reach every kind of refusal, and leave some frames whole.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(['result', 'FRAME_UNDECODABLE', 'FIELD_INVALID', 'REGION_INVALID', 'FRAME_SIZE_MISMATCH']),
    );
    process.stdout.write(`${JSON.stringify({ growthMiB, ...Object.fromEntries(outcomes) })}\n`);
    await expectUnharmed();
  });

  it(`ends each of ${MESSAGES} streams of mutated messages by a word about the message`, async () => {
    const frames = await MutatedFrames.open(77);
    const client = new Client(platform.service('inference').address, credentials.createInsecure());
    const config = bytesOf({ $case: 'config', value: StreamConfig.fromPartial(LOSSLESS) });
    const codes = new Map<string, number>();
    const before = residentMiB(pid);
    for (let round = 0; round < MESSAGES; round += 20) {
      const some = Array.from({ length: 20 }, async (_, i) => {
        const frame = bytesOf(
          StreamFramesRequest.fromPartial({ message: { $case: 'frame', value: frames.next(1) } }).message,
        );
        const messages = i % 2 === 0 ? [config, frames.mutate(frame)] : [frames.mutate(config), frame];
        const code = await endOf(client, messages);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
      await Promise.all(some);
    }
    client.close();
    expect(residentMiB(pid) - before).toBeLessThan(MAX_GROWTH_MIB);
    for (const code of FORBIDDEN) expect(codes.get(code)).toBeUndefined();
    expect(codes.get('OK')).toBeGreaterThan(0);
    expect(codes.get('INVALID_ARGUMENT')).toBeGreaterThan(0);
    await expectUnharmed();
  });

  it('refuses pictures that would become huge before it decodes them', async () => {
    const bombs = await pictureBombs();
    const stream = new TestStream(calls.stub, LOSSLESS);
    await stream.accepted();
    const growth = await peakGrowthMiB(pid, async () => {
      for (let round = 0; round < 5; round += 1) {
        for (const [, bytes] of bombs) stream.send({ frameId: stream.sent.length + 1, image: encodedImage(bytes) });
      }
      expect(await stream.finish()).toBe('OK');
    });
    const expected = bombs.map(([name, , answer]) => `${name}: ${answer}`);
    const got = stream.replies.slice(0, bombs.length).map((reply, i) => `${bombs[i][0]}: ${summary(reply).slice(2)}`);
    expect(got).toEqual(expected);
    // The smallest of them unpacks to 200 MB.
    expect(growth).toBeLessThan(100);
  });

  it('cuts hundreds of regions out of a large picture without holding them all', async () => {
    const width = 3000;
    const height = 2000;
    const image = encodedImage(await plainPng(width, height));
    const box = (i: number) => ({ x: i % 7, y: i % 5, width: width - 10, height: height - 10 });
    const regions = Array.from({ length: 64 }, (_, i) => ({ area: { $case: 'crop' as const, value: box(i) } }));
    const growth = await peakGrowthMiB(pid, async () => {
      expect((await calls.recognize({ image, regions })).faces).toHaveLength(64);
    });
    // All crops at once would be 64 × 18 MB.
    expect(growth).toBeLessThan(500);
  });

  function streamMutatedAtOnce(count: number, seed: number): Promise<TestStream[]> {
    return Promise.all(Array.from({ length: STREAMS }, (_, i) => streamMutated(count / STREAMS, seed + i)));
  }

  async function streamMutated(count: number, seed: number): Promise<TestStream> {
    const frames = await MutatedFrames.open(seed);
    const stream = new TestStream(calls.stub, LOSSLESS);
    for (let frameId = 1; frameId <= count; frameId += 1) {
      stream.send(frames.next(frameId));
      await stream.until(({ sent, replies }) => sent.length - replies.length < 8);
    }
    expect(await stream.finish()).toBe('OK');
    return stream;
  }

  async function expectUnharmed(): Promise<void> {
    const service = platform.service('inference');
    expect([service.alive, service.pid]).toEqual([true, pid]);
    expect(service.output).not.toContain('unexpected error');
    expect(service.output).not.toContain('a worker thread was lost');
    expect((await calls.recognize({ image: encodedImage(await samplePhoto(1)) })).faces).toHaveLength(3);
  }
});

function bytesOf(message: StreamFramesRequest['message']): Buffer {
  return Buffer.from(StreamFramesRequest.encode({ message }).finish());
}

/** The code a stream of raw messages ends with. */
function endOf(client: Client, messages: readonly Buffer[]): Promise<string> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const path = '/resmask.inference.v1.InferenceService/StreamFrames';
  const call = client.makeBidiStreamRequest(path, asIs, asIs, { deadline: Date.now() + 60_000 });
  call.on('data', () => {}).on('error', () => {});
  for (const message of messages) call.write(message);
  call.end();
  return new Promise((resolve) => call.on('status', ({ code }) => resolve(status[code])));
}
