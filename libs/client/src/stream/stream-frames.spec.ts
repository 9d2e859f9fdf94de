import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { DeliveryMode } from '@resmask/contracts/inference.v1';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameServer, type ServedStream } from '../../../../test/support/frame-server.js';
import { encodedImage } from '../image.js';
import { InferenceClient } from '../inference-client.js';
import type { ResmaskError } from '../resmask-error.js';
import { type FrameAnswer, isFrameReply } from './frame-answer.js';
import type { FrameInput } from './frame-input.js';
import type { StreamControls } from './stream-controls.js';

const IMAGE = encodedImage(Buffer.from([1]));
const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const QUICK = { firstDelayMs: 5, maxDelayMs: 20 };
const open: { stop(): void }[] = [];

async function serve(handle: (stream: ServedStream, server: FrameServer) => void): Promise<InferenceClient> {
  const server = await FrameServer.start(handle);
  const client = new InferenceClient(server.address);
  open.push(server, { stop: () => client.close() });
  return client;
}

/** Accepts, and answers every frame as it comes. */
function serveWell(stream: ServedStream): void {
  stream.accept();
  stream.onFrame = ({ frameId }) => stream.answer(frameId);
}

async function* frames(count: number, everyMs = 0): AsyncGenerator<FrameInput> {
  for (let frameId = 1; frameId <= count; frameId += 1) {
    yield { frameId, image: IMAGE };
    if (everyMs > 0) await delay(everyMs);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

const idsOf = (answers: readonly FrameAnswer[]): number[] =>
  answers.filter(isFrameReply).map(({ value }) => value.frameId);

async function idsFrom(
  client: InferenceClient,
  source: AsyncIterable<FrameInput>,
  controls: StreamControls = QUICK,
): Promise<number[]> {
  return idsOf(await Array.fromAsync(client.streamFrames(LOSSLESS, source, controls)));
}

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

describe('a stream of the client', () => {
  it('sends nothing before the service has accepted, and then at most what is recognised and what comes next', async () => {
    const seen: string[] = [];
    const client = await serve((stream) => {
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

  it.each<[string, (stream: ServedStream, server: FrameServer) => void, string]>([
    ['UNAVAILABLE', (stream) => stream.fail(status.UNAVAILABLE), 'UNAVAILABLE'],
    ['a cut connection', (_, server) => server.cut(), 'UNAVAILABLE'],
    ['an error of a proxy', (stream) => stream.fail(status.INTERNAL), 'INTERNAL'],
    ['an end in the middle', (stream) => stream.call.end(), 'UNAVAILABLE'],
  ])('goes on after %s with the frames that have no answer, each answered once', async (_what, cut, code) => {
    const client = await serve((stream, server) => {
      stream.accept();
      stream.onFrame = ({ frameId }) => {
        if (stream.attempt === 1 && frameId === 6) cut(stream, server);
        else if (stream.attempt > 1 || frameId < 5) stream.answer(frameId);
      };
    });
    const resumed: [string, number][] = [];
    const onResume = (error: ResmaskError, attempt: number) => resumed.push([error.code, attempt]);
    expect(await idsFrom(client, frames(10), { ...QUICK, onResume })).toEqual(upTo(10));
    expect(resumed).toEqual([[code, 1]]);
  });

  it('gives up after so many attempts without an answer, sooner where no service was ever reached', async () => {
    const failing = await serve((stream) => {
      stream.accept();
      stream.onFrame = () => stream.fail(status.UNAVAILABLE);
    });
    let attempts = 0;
    const onResume = (_: unknown, attempt: number): void => {
      attempts = attempt;
    };
    const error = { code: 'UNAVAILABLE' };
    await expect(idsFrom(failing, frames(3), { ...QUICK, attempts: 7, onResume })).rejects.toMatchObject(error);
    expect(attempts).toBe(7);
    attempts = 0;
    await expect(idsFrom(failing, frames(3), { attempts: 0, onResume })).rejects.toMatchObject(error);
    expect(attempts).toBe(0);
    const nobody = new InferenceClient('127.0.0.1:1');
    await expect(idsFrom(nobody, frames(3), { ...QUICK, onResume })).rejects.toMatchObject(error);
    expect(attempts).toBe(5);
    nobody.close();
  });

  it('throws at once what another call would not mend', async () => {
    let calls = 0;
    const client = await serve((stream) => {
      calls += 1;
      stream.fail(status.INVALID_ARGUMENT, { reason: 'FIELD_INVALID' });
    });
    await expect(idsFrom(client, frames(3))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'FIELD_INVALID',
    });
    expect(calls).toBe(1);
  });

  it('waits as long as the service asks, whatever the code', async () => {
    let refusedAt = 0;
    let waited = 0;
    const client = await serve((stream) => {
      if (stream.attempt === 1) {
        refusedAt = performance.now();
        stream.fail(status.RESOURCE_EXHAUSTED, { reason: 'TOO_MANY_STREAMS', retryAfterMs: 300 });
        return;
      }
      waited = performance.now() - refusedAt;
      serveWell(stream);
    });
    expect(await idsFrom(client, frames(2))).toEqual([1, 2]);
    expect(waited).toBeGreaterThan(295);
  });

  it('opens the next call as soon as the service drains, and goes on there', async () => {
    let drainedAt = 0;
    let openedAt = 0;
    const taken: number[][] = [];
    const client = await serve((stream) => {
      if (stream.attempt === 2) openedAt = performance.now();
      taken.push(stream.taken);
      stream.accept();
      stream.onFrame = ({ frameId }) => {
        if (stream.attempt === 2 || frameId < 4) stream.answer(frameId);
        if (stream.attempt === 2 || frameId !== 4) return;
        drainedAt = performance.now();
        stream.drain(3);
        setTimeout(() => stream.fail(status.UNAVAILABLE, { reason: 'DRAINING', retryAfterMs: 900 }), 500);
      };
    });
    const resumed: unknown[] = [];
    expect(await idsFrom(client, frames(8), { onResume: (error) => resumed.push(error) })).toEqual(upTo(8));
    expect(openedAt - drainedAt).toBeLessThan(300);
    expect(resumed).toEqual([]);
    expect(taken[1]).toEqual([4, 5, 6, 7, 8]);
  });

  it('keeps the order when the service still answers on the old call after the next is open', async () => {
    const client = await serve((stream) => {
      stream.accept({ maxInFlight: 4 });
      stream.onFrame = ({ frameId }) => {
        if (stream.attempt === 2 || frameId === 1) stream.answer(frameId);
        if (stream.attempt === 2 || frameId !== 6) return;
        stream.drain(1, 5);
        setTimeout(() => {
          for (const id of [2, 3, 4]) stream.answer(id);
          stream.fail(status.UNAVAILABLE);
        }, 100);
      };
    });
    expect(await idsFrom(client, frames(9))).toEqual(upTo(9));
  });

  it('loses nothing when the old call is cut after all, with the next one already open', async () => {
    const client = await serve((stream) => {
      stream.accept({ maxInFlight: 4 });
      stream.onFrame = ({ frameId }) => {
        if (stream.attempt > 1 || frameId === 1) stream.answer(frameId);
        if (stream.attempt > 1 || frameId !== 6) return;
        stream.drain(1, 5);
        setTimeout(() => {
          stream.answer(2);
          stream.fail(status.UNAVAILABLE);
        }, 100);
      };
    });
    expect(await idsFrom(client, frames(9))).toEqual(upTo(9));
  });

  it('does not hammer a service that drains every stream at once', async () => {
    let calls = 0;
    const client = await serve((stream) => {
      calls += 1;
      stream.accept();
      stream.drain(0);
      stream.fail(status.UNAVAILABLE, { reason: 'DRAINING', retryAfterMs: 50 });
    });
    await expect(idsFrom(client, frames(3), { attempts: 3 })).rejects.toMatchObject({ reason: 'DRAINING' });
    expect(calls).toBe(4);
  });

  it('tells a dead service by its silence, and waits longer for one that is only slow', async () => {
    const heartbeatMs = 50;
    const client = await serve((stream) => {
      stream.accept({}, heartbeatMs);
      // The second frame takes five intervals, during which this service says nothing.
      const wait = (id: number): number => (id === 2 ? heartbeatMs * 5 : 0);
      stream.onFrame = ({ frameId }) => setTimeout(() => stream.answer(frameId), wait(frameId));
      stream.onEnd = () => setTimeout(() => stream.call.end(), wait(2) + heartbeatMs);
    });
    const messages: string[] = [];
    const onResume = ({ code, message }: ResmaskError) => messages.push(`${code}: ${message}`);
    expect(await idsFrom(client, frames(2), { ...QUICK, onResume })).toEqual([1, 2]);
    expect(messages[0]).toBe('UNAVAILABLE: nothing came from the service for 0.1 s, not even a heartbeat');
    expect(messages.length).toBeGreaterThan(0);
  });

  it('stays on a stream that has heartbeats and no frames', async () => {
    const client = await serve((stream) => {
      stream.accept({}, 100);
      const beat = setInterval(() => stream.say({ $case: 'heartbeat', value: { lastFrameId: 0 } }), 50);
      stream.onFrame = ({ frameId }) => stream.answer(frameId);
      stream.onEnd = () => {
        clearInterval(beat);
        stream.call.end();
      };
    });
    const resumed: unknown[] = [];
    async function* late(): AsyncGenerator<FrameInput> {
      await delay(600);
      yield* frames(1);
    }
    expect(await idsFrom(client, late(), { onResume: (error) => resumed.push(error) })).toEqual([1]);
    expect(resumed).toEqual([]);
  });

  it('opens a stream that was ended because no frame came only when there is one', async () => {
    const calls: number[] = [];
    const started = performance.now();
    const client = await serve((stream) => {
      calls.push(performance.now() - started);
      if (stream.attempt > 1) {
        serveWell(stream);
        return;
      }
      stream.accept();
      stream.fail(status.DEADLINE_EXCEEDED, { reason: 'STREAM_IDLE' });
    });
    async function* late(): AsyncGenerator<FrameInput> {
      await delay(300);
      yield* frames(2);
    }
    expect(await idsFrom(client, late())).toEqual([1, 2]);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toBeGreaterThan(290);
  });

  it('opens a stream again that was ended for want of frames before any could be sent', async () => {
    const client = await serve((stream) => {
      if (stream.attempt > 1) serveWell(stream);
      else stream.fail(status.DEADLINE_EXCEEDED, { reason: 'STREAM_IDLE' });
    });
    expect(await idsFrom(client, frames(2))).toEqual([1, 2]);
  });

  it('answers a frame itself that the service would end the call for', async () => {
    const client = await serve((stream) => {
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
    const client = await serve(serveWell);
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
    const client = await serve((stream) => {
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
      const client = await serve(handle);
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 100);
      const ids = await idsFrom(client, frames(1000, 20), { signal: abort.signal });
      expect(ids).toEqual(upTo(ids.length));
      expect(ids.length).toBeLessThan(20);
    }
    const never = await serve(serveWell);
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
    const silent = await serve((stream) => stream.accept({ maxInFlight: 3 }));
    const waiting = silent.streamFrames(LOSSLESS, source());
    await waiting.next();
    await delay(100);
    expect(taken).toBe(6);
    const eager = await serve(serveWell);
    const unread = eager.streamFrames(LOSSLESS, source());
    await unread.next();
    await delay(100);
    expect(taken).toBe(4);
  });

  it('throws when the service leaves a frame out, and passes over answers nobody waits for', async () => {
    const twice = await serve((stream) => {
      stream.accept();
      stream.onFrame = ({ frameId }) => {
        stream.answer(frameId);
        stream.answer(frameId);
      };
    });
    expect(await idsFrom(twice, frames(3))).toEqual([1, 2, 3]);
    const skipping = await serve((stream) => {
      stream.accept();
      stream.onFrame = ({ frameId }) => frameId === 2 && stream.answer(2);
    });
    await expect(idsFrom(skipping, frames(3))).rejects.toThrow('the service answered frame 2 before an earlier one');
  });
});
