import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { DeliveryMode } from '@resmask/contracts/inference.v1';
import { describe, expect, it } from 'vitest';
import type { ServedStream } from '../../../../test/support/frame-server.js';
import { frames, idsOf, serveFrames, serveWell, upTo } from '../../../../test/support/serve-frames.js';
import { encodedImage } from '../image.js';
import { InferenceClient } from '../inference-client.js';
import { isFrameReply } from './frame-answer.js';
import { type FrameInput } from './frame-input.js';
import { type StreamControls } from './stream-controls.js';

const IMAGE = encodedImage(Buffer.from([1]));
const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const QUICK = { firstDelayMs: 5, maxDelayMs: 20 };

async function idsFrom(
  client: InferenceClient,
  source: AsyncIterable<FrameInput>,
  controls: StreamControls = QUICK,
): Promise<number[]> {
  return idsOf(await Array.fromAsync(client.streamFrames(LOSSLESS, source, controls)));
}

describe('a stream of the client', () => {
  it('sends nothing before the service has accepted, and then at most what is recognised and what comes next', async () => {
    const seen: string[] = [];
    const client = await serveFrames((stream) => {
      setTimeout(() => {
        seen.push(`${stream.taken.length} before`);
        stream.accept();
        setTimeout(() => {
          seen.push(`${stream.taken.length} without an answer`);
          for (const id of stream.taken) stream.answer(id);
          stream.onFrame = ({ frameId }) => stream.answer(frameId);
        }, 50);
      }, 50);
    });
    expect(await idsFrom(client, frames(10))).toEqual(upTo(10));
    expect(seen).toEqual(['0 before', '4 without an answer']);
  });

  it('answers a frame itself that the service would end the call for', async () => {
    const client = await serveFrames((stream) => {
      stream.accept({ maxMessageBytes: 1000 });
      stream.onFrame = ({ frameId }) => stream.answer(frameId);
    });
    async function* source(): AsyncGenerator<FrameInput> {
      yield* frames(1);
      yield { frameId: 2, image: encodedImage(Buffer.alloc(2000)) };
      yield { frameId: 3, image: IMAGE };
    }
    const answers = await Array.fromAsync(client.streamFrames(LOSSLESS, source()));
    expect(answers.filter(isFrameReply)).toMatchObject([
      { $case: 'dropped' },
      { $case: 'error', value: { frameId: 2, status: { code: 3, message: expect.stringContaining('at most 1000') } } },
      { $case: 'dropped', value: { frameId: 3 } },
    ]);
  });

  it.each<[string, (broken: () => never) => AsyncGenerator<FrameInput>]>([
    [
      'the source of frames throws',
      async function* (broken) {
        yield* frames(2);
        broken();
      },
    ],
    [
      'encoding an image throws',
      async function* (broken) {
        yield* frames(2);
        yield { frameId: 3, image: () => broken() };
        yield { frameId: 4, image: IMAGE };
      },
    ],
  ])('throws what %s, after the answers to what was sent', async (_what, source) => {
    const client = await serveFrames(serveWell);
    const broken = (): never => {
      throw new Error('the camera is unplugged');
    };
    const ids: number[] = [];
    const stream = async (): Promise<void> => {
      for await (const answer of client.streamFrames(LOSSLESS, source(broken)))
        if (isFrameReply(answer)) ids.push(answer.value.frameId);
    };
    await expect(stream()).rejects.toThrow('the camera is unplugged');
    expect(ids).toEqual([1, 2]);
  });

  it('cancels the call and lets go of the source when the reader stops', async () => {
    const cancelled = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const client = await serveFrames((stream) => {
      stream.call.on('cancelled', cancelled.resolve);
      serveWell(stream);
    });
    async function* source(): AsyncGenerator<FrameInput> {
      try {
        yield* frames(1000, 5);
      } finally {
        released.resolve();
      }
    }
    for await (const answer of client.streamFrames(LOSSLESS, source())) if (isFrameReply(answer)) break;
    await Promise.all([cancelled.promise, released.promise]);
  });

  it('ends without an error when it is aborted, also while it waits for a service that is away', async () => {
    for (const handle of [serveWell, (stream: ServedStream) => stream.fail(status.UNAVAILABLE)]) {
      const client = await serveFrames(handle);
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 100);
      const ids = await idsFrom(client, frames(1000, 20), { signal: abort.signal });
      expect(ids).toEqual(upTo(ids.length));
      expect(ids.length).toBeLessThan(20);
    }
    const never = await serveFrames(serveWell);
    expect(await idsFrom(never, frames(1), { signal: AbortSignal.abort() })).toEqual([]);
  });

  it('takes no more frames from the source while the service does not answer, or the reader does not read', async () => {
    let taken = 0;
    async function* source(): AsyncGenerator<FrameInput> {
      for await (const frame of frames(1000)) {
        taken = frame.frameId;
        yield frame;
      }
    }
    const silent = await serveFrames((stream) => stream.accept({ maxInFlight: 3 }));
    const waiting = silent.streamFrames(LOSSLESS, source());
    await waiting.next();
    await delay(100);
    expect(taken).toBe(6);
    const eager = await serveFrames(serveWell);
    const unread = eager.streamFrames(LOSSLESS, source());
    await unread.next();
    await delay(100);
    expect(taken).toBe(4);
  });

  it('throws when the service leaves a frame out, and passes over answers nobody waits for', async () => {
    const twice = await serveFrames((stream) => {
      stream.accept();
      stream.onFrame = ({ frameId }) => {
        stream.answer(frameId);
        stream.answer(frameId);
      };
    });
    expect(await idsFrom(twice, frames(3))).toEqual([1, 2, 3]);
    const skipping = await serveFrames((stream) => {
      stream.accept();
      stream.onFrame = ({ frameId }) => frameId === 2 && stream.answer(2);
    });
    await expect(idsFrom(skipping, frames(3))).rejects.toThrow('the service answered frame 2 before an earlier one');
  });
});
