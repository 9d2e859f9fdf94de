import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { DropReason, type StreamHint } from '@resmask/contracts/inference.v1';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameServer, type ServedStream } from '../../../../test/support/frame-server.js';
import { encodedImage } from '../image.js';
import { InferenceClient } from '../inference-client.js';
import { type FrameAnswer, isFrameReply } from './frame-answer.js';
import type { FrameInput, ImageWish } from './frame-input.js';
import type { StreamControls } from './stream-controls.js';

const IMAGE = encodedImage(Buffer.from([1]));
const open: { stop(): void }[] = [];

async function serve(handle: (stream: ServedStream, server: FrameServer) => void): Promise<InferenceClient> {
  const server = await FrameServer.start(handle);
  const client = new InferenceClient(server.address);
  open.push(server, { stop: () => client.close() });
  return client;
}

async function* camera(count: number, everyMs: number, image: FrameInput['image'] = IMAGE): AsyncGenerator<FrameInput> {
  for (let frameId = 1; frameId <= count; frameId += 1) {
    yield { frameId, image, captureTime: { seconds: frameId, nanos: 0 } };
    await delay(everyMs);
  }
}

/** `3 superseded` for what the client dropped, `3` for what the service answered. */
function summaries(answers: readonly FrameAnswer[]): string[] {
  return answers.filter(isFrameReply).map(({ $case, value }) => {
    const local = $case === 'dropped' ? value.local : undefined;
    return local ? `${value.frameId} ${local}` : String(value.frameId);
  });
}

async function stream(
  client: InferenceClient,
  source: AsyncIterable<FrameInput>,
  controls: StreamControls = {},
): Promise<string[]> {
  return summaries(await Array.fromAsync(client.streamFrames({}, source, controls)));
}

const idsOf = (lines: readonly string[]): number[] => lines.map((line) => Number.parseInt(line, 10));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

describe('a live stream of the client', () => {
  it('keeps only the newest frame while it cannot send, and says of every other that it was dropped, in order', async () => {
    const gate = Promise.withResolvers<void>();
    const client = await serve((served) => {
      served.accept();
      // Reads one frame and then no more, until the gate opens: the window of the connection fills up.
      served.onFrame = ({ frameId }) => {
        served.answer(frameId);
        if (frameId > 1) return;
        served.call.pause();
        gate.promise.then(() => served.call.resume());
      };
    });
    setTimeout(gate.resolve, 600);
    const big = encodedImage(Buffer.alloc(512 * 1024));
    const answers = await Array.fromAsync(client.streamFrames({}, camera(60, 15, big)));
    const lines = summaries(answers);
    expect(idsOf(lines)).toEqual(upTo(60));
    expect(lines.filter((line) => line.endsWith('superseded')).length).toBeGreaterThan(5);
    expect(lines.at(-1)).toBe('60');
    const dropped = answers.find((answer) => answer.$case === 'dropped' && answer.value.local);
    expect(dropped).toMatchObject({ value: { reason: DropReason.DROP_REASON_SUPERSEDED, captureTime: { nanos: 0 } } });
  });

  it('does not send again what a lost connection took with it, but says so; only the newest goes on', async () => {
    const client = await serve((served) => {
      served.accept();
      served.onFrame = ({ frameId }) => {
        if (served.attempt === 1 && frameId === 5) served.fail(status.UNAVAILABLE);
        else if (served.attempt > 1 || frameId < 3) served.answer(frameId);
      };
    });
    async function* source(): AsyncGenerator<FrameInput> {
      yield* camera(5, 5);
      // Nothing newer comes before the stream is open again.
      await delay(300);
      yield { frameId: 6, image: IMAGE };
    }
    expect(await stream(client, source(), { firstDelayMs: 20 })).toEqual([
      '1',
      '2',
      '3 disconnected',
      '4 disconnected',
      '5',
      '6',
    ]);
  });

  it('reports frames at once that come while no service is there', async () => {
    const client = await serve((served) => {
      served.accept();
      served.onFrame = ({ frameId }) => {
        if (served.attempt === 1 && frameId === 2) served.fail(status.UNAVAILABLE, { retryAfterMs: 400 });
        else served.answer(frameId);
      };
    });
    let reopenedAt = 0;
    const before: string[] = [];
    const lines: string[] = [];
    for await (const answer of client.streamFrames({}, camera(60, 10))) {
      if (answer.$case === 'accepted') reopenedAt = lines.length;
      if (!isFrameReply(answer)) continue;
      lines.push(...summaries([answer]));
      if (reopenedAt === 0) before.push(...summaries([answer]));
    }
    expect(idsOf(lines)).toEqual(upTo(60));
    expect(lines[1]).toBe('2 disconnected');
    expect(before.filter((line) => line.endsWith('superseded')).length).toBeGreaterThan(5);
  });

  it('keeps to the rate the service hints at, and makes no image of a frame that it skips', async () => {
    const client = await serve((served) => {
      served.accept();
      served.onFrame = ({ frameId }) => {
        served.answer(frameId);
        if (frameId === 5) served.say({ $case: 'hint', value: { targetFps: 20, maxSide: 640, jpegQuality: 80 } });
      };
    });
    const encoded: ImageWish[] = [];
    const image = (wish: ImageWish) => {
      encoded.push(wish);
      return IMAGE;
    };
    const hints: StreamHint[] = [];
    const startedAt = performance.now();
    const lines = await stream(client, camera(100, 9, image), { onHint: (hint) => hints.push(hint) });
    const seconds = (performance.now() - startedAt) / 1000;
    expect(idsOf(lines)).toEqual(upTo(100));
    const sent = lines.filter((line) => !line.includes(' '));
    expect(sent.length).toBeGreaterThan(seconds * 20 * 0.7);
    expect(sent.length).toBeLessThan(seconds * 20 + 8);
    expect(encoded).toHaveLength(sent.length);
    expect(encoded[0]).toMatchObject({ maxSide: 0, jpegQuality: 0 });
    expect(encoded.at(-1)).toMatchObject({ maxSide: 640, jpegQuality: 80 });
    expect(hints).toMatchObject([{ targetFps: 20 }]);
  });

  it('sends every frame where hints are not to be followed, and forgets the wishes of a server that is gone', async () => {
    const client = await serve((served) => {
      served.accept();
      served.onFrame = ({ frameId }) => {
        served.answer(frameId);
        if (frameId === 1) served.say({ $case: 'hint', value: { targetFps: 1, maxSide: 0, jpegQuality: 0 } });
        if (frameId === 5) served.fail(status.UNAVAILABLE);
      };
    });
    const hints: number[] = [];
    const controls = {
      firstDelayMs: 5,
      followHints: false,
      onHint: ({ targetFps }: StreamHint) => hints.push(targetFps),
    };
    const lines = await stream(client, camera(10, 20), controls);
    expect(idsOf(lines)).toEqual(upTo(10));
    expect(lines.filter((line) => line.endsWith('paced'))).toEqual([]);
    expect(hints).toEqual([1, 0]);
  });
});
