import { setTimeout as delay } from 'node:timers/promises';
import { DeliveryMode, encodedImage, type FrameInput } from '@resmask/client';
import { decodeImage } from '@resmask/codecs';
import type { Region, StreamConfig } from '@resmask/contracts/inference.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { facesOf } from '../support/answers.js';
import { grayImage } from '../support/gray-frames.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { plainPng } from '../support/pictures.js';
import { samplePhoto } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };

describe('the options of a stream', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;
  let photo: Buffer;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    calls = new InferenceCalls(platform.service('inference').address);
    photo = await samplePhoto(1);
  });
  afterAll(async () => {
    calls.close();
    await platform.stop();
  });

  /** Streams the photo so many times, ten times a second by the client's clock. */
  const streamPhotos = async (config: Partial<StreamConfig>, count = 1, change: Partial<FrameInput> = {}) => {
    const stream = new TestStream(calls.stub, { ...LOSSLESS, ...config });
    for (let frameId = 1; frameId <= count; frameId += 1) {
      const captureTime = { seconds: 1_700_000_000 + Math.floor(frameId / 10), nanos: (frameId % 10) * 100_000_000 };
      stream.send({ frameId, image: encodedImage(photo), captureTime, ...change });
    }
    expect(await stream.finish()).toBe('OK');
    return stream;
  };
  const facesOfPhoto = async (config: Partial<StreamConfig>) => facesOf((await streamPhotos(config)).replies[0]);

  it('leaves out faces that are too small, and all but the best-scored ones', async () => {
    const all = await facesOfPhoto({});
    const widths = all.map(({ box }) => Math.min(box?.width ?? 0, box?.height ?? 0));
    const limit = Math.ceil(Math.min(...widths)) + 1;
    const large = await facesOfPhoto({ minFaceSize: limit });
    expect(large).toEqual(all.filter((_, i) => widths[i] >= limit));
    expect(large.length).toBeLessThan(all.length);
    expect(await facesOfPhoto({ maxFaces: 2 })).toEqual(all.slice(0, 2));
  });

  it('tells only the most probable labels, best first', async () => {
    const [all] = await facesOfPhoto({});
    const [best] = await facesOfPhoto({ topK: 3 });
    const sorted = all.probabilities.toSorted((a, b) => b.probability - a.probability);
    expect(best.probabilities).toEqual(sorted.slice(0, 3));
    expect([best.label, best.probability]).toEqual([all.label, all.probability]);
  });

  it('looks where the stream says, unless a frame says otherwise', async () => {
    const crop = (x: number): Region => ({ area: { $case: 'crop', value: { x, y: 0, width: 100, height: 100 } } });
    const stream = new TestStream(calls.stub, { ...LOSSLESS, regions: [crop(0), crop(50)] });
    stream.send({ frameId: 1, image: encodedImage(photo) });
    stream.send({ frameId: 2, image: encodedImage(photo), regions: [crop(20)] });
    expect(await stream.finish()).toBe('OK');
    const xs = stream.replies.map((reply) => facesOf(reply).map(({ box }) => box?.x));
    expect(xs).toEqual([[0, 50], [20]]);
  });

  it('keeps the id of each face from frame to frame, and another stream has others', async () => {
    const ids = (stream: TestStream) => stream.replies.map((reply) => facesOf(reply).map(({ trackId }) => trackId));
    const first = ids(await streamPhotos({ tracking: true }, 5));
    expect(new Set(first[0]).size).toBe(3);
    for (const later of first) expect(later).toEqual(first[0]);
    const [second] = ids(await streamPhotos({ tracking: true }));
    expect(second.filter((id) => first[0].includes(id))).toEqual([]);
    expect(ids(await streamPhotos({}))).toEqual([['', '', '']]);
  });

  it.each([
    ['exponentially', { $case: 'halfLife', value: { seconds: 0, nanos: 500_000_000 } }],
    ['by the median', { $case: 'medianFrames', value: 5 }],
  ] as const)('smooths the expressions of a track %s, and sends the raw ones too', async (_how, method) => {
    const raw = await facesOfPhoto({});
    const stream = await streamPhotos({ tracking: true, smoothing: { method } }, 3);
    for (const reply of stream.replies) {
      for (const [i, { smoothed, probabilities }] of facesOf(reply).entries()) {
        expect(probabilities).toEqual(raw[i].probabilities);
        // The same picture again and again is its own mean.
        expect(smoothed?.label).toBe(raw[i].label);
        for (const [l, { probability }] of (smoothed?.probabilities ?? []).entries())
          expect(probability).toBeCloseTo(raw[i].probabilities[l].probability, 5);
      }
    }
  });

  it('explains every n-th frame by map, masks and a picture', async () => {
    const options = { method: 0, label: '', overlay: true, masks: true } as const;
    const stream = await streamPhotos({ explanation: { everyNthFrame: 3, options } }, 7);
    const explained = stream.replies.map((reply) =>
      facesOf(reply).every(({ explanation }) => explanation !== undefined),
    );
    expect(explained).toEqual([true, false, false, true, false, false, true]);
    for (const { label, explanation } of facesOf(stream.replies[3])) {
      expect(explanation?.label).toBe(label);
      const maps = [explanation?.map, ...(explanation?.masks.map(({ map }) => map) ?? [])];
      expect(maps.length).toBeGreaterThan(1);
      for (const map of maps) expect(map?.values).toHaveLength((map?.width ?? 0) * (map?.height ?? 0));
      const overlay = await decodeImage(explanation?.overlayPng ?? Buffer.alloc(0), { maxPixels: 1e6, minSide: 1 });
      expect(overlay.width).toBeGreaterThan(16);
    }
  });

  it('refuses to align faces by landmarks that the detector does not find', async () => {
    const stream = new TestStream(calls.stub, { ...LOSSLESS, alignment: true });
    expect(await stream.ended()).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'ALIGNMENT_UNSUPPORTED' });
  });

  it.each<[string, Partial<StreamConfig>, string]>([
    ['smoothing without tracking', { smoothing: { method: { $case: 'medianFrames', value: 3 } } }, 'config.smoothing'],
    [
      'a median of one',
      { tracking: true, smoothing: { method: { $case: 'medianFrames', value: 1 } } },
      'median_frames',
    ],
    ['every zeroth frame', { explanation: { everyNthFrame: 0, options: undefined } }, 'every_nth_frame'],
    ['a heartbeat of 10 ms', { heartbeatInterval: { seconds: 0, nanos: 10_000_000 } }, 'heartbeat_interval'],
    ['a deadline before now', { frameDeadline: { seconds: -1, nanos: 0 } }, 'frame_deadline'],
    ['a label too many', { topK: 65 }, 'top_k'],
  ])('refuses %s by name', async (_what, config, field) => {
    const refused = await new TestStream(calls.stub, config).ended();
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'FIELD_INVALID' });
    expect(String(refused)).toContain(field);
  });

  it('says that it lives while there is nothing to say', async () => {
    const stream = new TestStream(calls.stub, { ...LOSSLESS, heartbeatInterval: { seconds: 1, nanos: 0 } });
    stream.send({ frameId: 7, image: grayImage(), regions: [{ area: { $case: 'wholeFrame', value: {} } }] });
    await stream.until(({ answers }) => answers.filter(({ $case }) => $case === 'heartbeat').length >= 2);
    expect(stream.answers.at(-1)).toEqual({ $case: 'heartbeat', value: { lastFrameId: 7 } });
    expect(await stream.finish()).toBe('OK');
  });

  it('asks an overloading client for fewer frames, and lets go of the wish when it sends few', async () => {
    const slow = encodedImage(await plainPng(2400, 1600));
    const stream = new TestStream(calls.stub, { mode: DeliveryMode.DELIVERY_MODE_LATEST });
    const hints = () => stream.answers.flatMap((answer) => (answer.$case === 'hint' ? [answer.value] : []));
    for (let frameId = 1; hints().length === 0; frameId += 1) {
      stream.send({ frameId, image: slow });
      await delay(5);
    }
    const [wish] = hints();
    expect(wish.targetFps).toBeGreaterThan(0);
    expect(wish.targetFps).toBeLessThan(200);
    expect(wish.maxSide).toBe(1200);
    for (let frameId = stream.sent.length + 1; hints().at(-1)?.targetFps !== 0; frameId += 1) {
      stream.send({ frameId, image: grayImage(), regions: [{ area: { $case: 'wholeFrame', value: {} } }] });
      await delay(1000);
    }
    expect(hints().at(-1)).toEqual({ targetFps: 0, maxSide: 0, jpegQuality: 0 });
    expect(await stream.finish()).toBe('OK');
  });
});
