import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode, type FrameInput, type InferenceClient, PixelFormat, rawImage } from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const MODEL = `${PARENT}/models/canaried`;
const ALIAS = `${MODEL}/aliases/production`;
const FRAMES = 5;

describe('streams of an alias with a canary', () => {
  let platform: TestPlatform;
  let inference: InferenceClient;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishUntrained('canaried', 1, 'production');
    await platform.publishUntrained('canaried', 2);
    await platform.startInference();
    inference = platform.inference;
    await setCanary({ version: `${MODEL}/versions/2`, percent: 50 });
  });
  afterAll(() => platform.stop());

  async function setCanary(canary: { version: string; percent: number } | null): Promise<void> {
    const { etag } = await platform.registry.getAlias(ALIAS);
    await platform.registry.updateAlias(ALIAS, { canary }, etag);
  }

  /** The versions that answered a stream's frames, and whether it was told that it is the canary's. */
  async function stream(): Promise<{ canary: boolean; models: Set<string> }> {
    const models = new Set<string>();
    let canary = false;
    const config = { model: 'canaried', mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
    for await (const answer of inference.streamFrames(config, frames())) {
      if (answer.$case === 'accepted') canary = answer.value.canary;
      if (answer.$case === 'result') models.add(answer.value.model);
    }
    return { canary, models };
  }

  it('stick each to the version their draw fell on, are told so, and are shared between both', async () => {
    const streams = await Promise.all(Array.from({ length: 60 }, stream));
    for (const { canary, models } of streams) expect([...models]).toEqual([`${MODEL}/versions/${canary ? 2 : 1}`]);
    // Of 60 even draws fewer than 12 on one side are one in ten million.
    const canaries = streams.filter(({ canary }) => canary).length;
    expect(canaries).toBeGreaterThan(11);
    expect(canaries).toBeLessThan(49);
  });

  it('all go back when the canary ends', async () => {
    await setCanary(null);
    for (let tries = 0; tries < 100; tries += 1) {
      const streams = await Promise.all(Array.from({ length: 10 }, stream));
      if (streams.every(({ canary }) => !canary)) return;
      await delay(100);
    }
    throw new Error('streams were still given to the canary after ten seconds');
  });
});

async function* frames(): AsyncGenerator<FrameInput> {
  const image = rawImage(PixelFormat.PIXEL_FORMAT_GRAY8, 48, 48, new Uint8Array(2304).fill(100));
  for (let frameId = 1; frameId <= FRAMES; frameId += 1)
    yield { frameId, image, regions: [{ area: { $case: 'wholeFrame', value: {} } }] };
}
