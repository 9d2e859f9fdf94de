import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode, encodedImage, type FrameInput, isFrameReply, type StreamHint } from '@resmask/client';
import { afterEach, describe, expect, it } from 'vitest';
import { summary } from '../support/answers.js';
import { noiseJpeg, reencode } from '../support/pictures.js';
import { samplePhoto } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const SECOND = { seconds: 1, nanos: 0 };

describe('the client and a real service', () => {
  let platform: TestPlatform;

  async function start(settings: Record<string, string> = {}) {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    const service = await platform.startInference(settings);
    // Loads the models: a stream is not to grow old or idle while it waits for them.
    await platform.inference.recognize({ image: encodedImage(await noiseJpeg(64, 64)) });
    return service;
  }
  afterEach(() => platform.stop());

  async function* frames(count: number, image: Buffer, everyMs: number): AsyncGenerator<FrameInput> {
    for (let frameId = 1; frameId <= count; frameId += 1) {
      yield { frameId, image: encodedImage(image) };
      await delay(everyMs);
    }
  }

  const results = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1} result`);

  it('goes on without a pause or a lost frame when streams are moved on for their age', async () => {
    await start({ RESMASK_MAX_STREAM_AGE_MS: '1500' });
    const lost: unknown[] = [];
    const kinds: string[] = [];
    const onResume = (error: unknown): number => lost.push(error);
    for await (const answer of platform.inference.streamFrames(LOSSLESS, frames(200, await noiseJpeg(160, 120), 20), {
      onResume,
    }))
      kinds.push(isFrameReply(answer) ? summary(answer) : answer.$case);
    expect(kinds.filter((kind) => kind.includes(' '))).toEqual(results(200));
    expect(kinds.filter((kind) => kind === 'draining').length).toBeGreaterThan(1);
    expect(lost).toEqual([]);
  });

  it('opens another stream when frames come again after the service has ended one without any', async () => {
    await start({ RESMASK_STREAM_IDLE_TIMEOUT_MS: '1000' });
    const noise = await noiseJpeg(160, 120);
    const reasons: string[] = [];
    async function* source(): AsyncGenerator<FrameInput> {
      yield { frameId: 1, image: encodedImage(noise) };
      await delay(3500);
      yield { frameId: 2, image: encodedImage(noise) };
    }
    const onResume = ({ reason }: { reason: string }): number => reasons.push(reason);
    const answers = await Array.fromAsync(platform.inference.streamFrames(LOSSLESS, source(), { onResume }));
    expect(answers.filter(isFrameReply).map(summary)).toEqual(results(2));
    expect(reasons).toEqual(['STREAM_IDLE']);
  });

  it('notices a service that hangs, and loses nothing when it goes on', async () => {
    const service = await start();
    const messages: string[] = [];
    const answered: string[] = [];
    const onResume = ({ message }: Error): number => messages.push(message);
    const config = { ...LOSSLESS, heartbeatInterval: SECOND };
    for await (const answer of platform.inference.streamFrames(config, frames(60, await noiseJpeg(160, 120), 10), {
      onResume,
    })) {
      if (isFrameReply(answer)) answered.push(summary(answer));
      if (answered.length !== 20 || messages.length > 0) continue;
      service.signal('SIGSTOP');
      setTimeout(() => service.signal('SIGCONT'), 5000);
    }
    expect(answered).toEqual(results(60));
    expect(messages[0]).toMatch(/^nothing came from the service for \d s, not even a heartbeat$/);
  });

  it('sends an overloaded service no more than it hints at, so that it drops less', async () => {
    await start({ RESMASK_WORKERS: '1' });
    const photo = await reencode(await samplePhoto(1), 'jpeg', 1280);
    const hints: StreamHint[] = [];
    const kinds: string[] = [];
    const onHint = (hint: StreamHint): void => {
      hints.push(hint);
      kinds.push('hint');
    };
    for await (const answer of platform.inference.streamFrames({}, frames(500, photo, 15), { onHint })) {
      if (answer.$case === 'dropped') kinds.push(answer.value.local ?? 'dropped');
      else if (isFrameReply(answer)) kinds.push(answer.$case);
    }
    expect(hints[0].targetFps).toBeGreaterThan(0);
    expect(kinds.filter((kind) => kind !== 'hint')).toHaveLength(500);
    const share = (part: readonly string[]): number => {
      const sent = part.filter((kind) => kind === 'dropped' || kind === 'result');
      return sent.filter((kind) => kind === 'dropped').length / sent.length;
    };
    const before = kinds.slice(0, kinds.indexOf('hint'));
    const after = kinds.slice(kinds.indexOf('hint'));
    expect(after).toContain('paced');
    expect(share(after)).toBeLessThan(share(before) / 2);
  });
});
