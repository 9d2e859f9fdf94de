import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { DropReason, type StreamHint } from '@resmask/contracts/inference.v1';
import { describe, expect, it } from 'vitest';
import { frames, serveFrames, upTo } from '../../../../test/support/serve-frames.js';
import { encodedImage } from '../image.js';
import { InferenceClient } from '../inference-client.js';
import { type FrameAnswer, isFrameReply } from './frame-answer.js';
import type { FrameInput, ImageWish } from './frame-input.js';
import type { StreamControls } from './stream-controls.js';

const IMAGE = encodedImage(Buffer.from([1]));
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

/** The frames of summaries. */
const framesOf = (lines: readonly string[]): number[] => lines.map((line) => Number.parseInt(line, 10));

describe('a live stream of the client', () => {
  it('keeps only the newest frame while it cannot send, and says of every other that it was dropped, in order', async () => {
    const gate = Promise.withResolvers<void>();
    const client = await serveFrames((served) => {
      served.accept();
      // Reads one frame and then no more, until the gate opens: the window of the connection fills up.
      served.onFrame = ({ frameId }) => {
        served.answer(frameId);
        if (frameId > 1) return;
        served.call.pause();
        gate.promise.then(() => served.call.resume());
      };
    });
    const big = encodedImage(Buffer.alloc(512 * 1024));
    async function* camera(): AsyncGenerator<FrameInput> {
      for await (const frame of frames(60, 5, big)) {
        // By then more has come than the connection and both ends can hold.
        if (frame.frameId === 58) gate.resolve();
        yield frame;
      }
    }
    const answers = await Array.fromAsync(client.streamFrames({}, camera()));
    const lines = summaries(answers);
    expect(framesOf(lines)).toEqual(upTo(60));
    expect(lines.filter((line) => line.endsWith('superseded')).length).toBeGreaterThan(5);
    expect(lines.at(-1)).toBe('60');
    const dropped = answers.find((answer) => answer.$case === 'dropped' && answer.value.local);
    expect(dropped).toMatchObject({ value: { reason: DropReason.DROP_REASON_SUPERSEDED, captureTime: { nanos: 0 } } });
  });

  it('does not send again what a lost connection took with it, but says so; only the newest goes on', async () => {
    const client = await serveFrames((served) => {
      served.accept();
      served.onFrame = ({ frameId }) => {
        if (served.attempt === 1 && frameId === 5) served.fail(status.UNAVAILABLE);
        else if (served.attempt > 1 || frameId < 3) served.answer(frameId);
      };
    });
    async function* source(): AsyncGenerator<FrameInput> {
      yield* frames(5, 5);
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
    const client = await serveFrames((served) => {
      served.accept();
      served.onFrame = ({ frameId }) => {
        if (served.attempt === 1 && frameId === 2) served.fail(status.UNAVAILABLE, { retryAfterMs: 400 });
        else served.answer(frameId);
      };
    });
    let reopenedAt = 0;
    const before: string[] = [];
    const lines: string[] = [];
    for await (const answer of client.streamFrames({}, frames(60, 10))) {
      if (answer.$case === 'accepted') reopenedAt = lines.length;
      if (!isFrameReply(answer)) continue;
      lines.push(...summaries([answer]));
      if (reopenedAt === 0) before.push(...summaries([answer]));
    }
    expect(framesOf(lines)).toEqual(upTo(60));
    expect(lines[1]).toBe('2 disconnected');
    expect(before.filter((line) => line.endsWith('superseded')).length).toBeGreaterThan(5);
  });

  it('keeps to the rate the service hints at, and makes no image of a frame that it skips', async () => {
    const client = await serveFrames((served) => {
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
    const lines = await stream(client, frames(100, 9, image), { onHint: (hint) => hints.push(hint) });
    const seconds = (performance.now() - startedAt) / 1000;
    expect(framesOf(lines)).toEqual(upTo(100));
    const sent = lines.filter((line) => !line.includes(' '));
    expect(sent.length).toBeGreaterThan(seconds * 20 * 0.7);
    expect(sent.length).toBeLessThan(seconds * 20 + 8);
    expect(encoded).toHaveLength(sent.length);
    expect(encoded[0]).toMatchObject({ maxSide: 0, jpegQuality: 0 });
    expect(encoded.at(-1)).toMatchObject({ maxSide: 640, jpegQuality: 80 });
    expect(hints).toMatchObject([{ targetFps: 20 }]);
  });

  it('sends every frame where hints are not to be followed, and forgets the wishes of a server that is gone', async () => {
    const client = await serveFrames((served) => {
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
    const lines = await stream(client, frames(10, 20), controls);
    expect(framesOf(lines)).toEqual(upTo(10));
    expect(lines.filter((line) => line.endsWith('paced'))).toEqual([]);
    expect(hints).toEqual([1, 0]);
  });
});
