import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { DeliveryMode } from '@resmask/contracts/inference.v1';
import { describe, expect, it } from 'vitest';
import type { FrameServer, ServedStream } from '../../../../test/support/frame-server.js';
import { frames, idsOf, serveFrames, serveWell, upTo } from '../../../../test/support/serve-frames.js';
import { InferenceClient } from '../inference-client.js';
import { type ResmaskError } from '../resmask-error.js';
import { type FrameInput } from './frame-input.js';
import { type StreamControls } from './stream-controls.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const QUICK = { firstDelayMs: 5, maxDelayMs: 20 };

async function idsFrom(
  client: InferenceClient,
  source: AsyncIterable<FrameInput>,
  controls: StreamControls = QUICK,
): Promise<number[]> {
  return idsOf(await Array.fromAsync(client.streamFrames(LOSSLESS, source, controls)));
}

describe('a stream whose call is lost', () => {
  it.each<[string, (stream: ServedStream, server: FrameServer) => void, string]>([
    ['UNAVAILABLE', (stream) => stream.fail(status.UNAVAILABLE), 'UNAVAILABLE'],
    ['a cut connection', (_, server) => server.cut(), 'UNAVAILABLE'],
    ['an error of a proxy', (stream) => stream.fail(status.INTERNAL), 'INTERNAL'],
    ['an end in the middle', (stream) => stream.call.end(), 'UNAVAILABLE'],
  ])('goes on after %s with the frames that have no answer, each answered once', async (_what, cut, code) => {
    const client = await serveFrames((stream, server) => {
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
    const failing = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
      if (stream.attempt === 2) openedAt = performance.now();
      taken.push(stream.taken);
      stream.accept();
      stream.onFrame = ({ frameId }) => {
        if (stream.attempt === 2 || frameId < 4) stream.answer(frameId);
        if (stream.attempt === 2 || frameId !== 4) return;
        drainedAt = performance.now();
        stream.drain(3);
        setTimeout(() => stream.fail(status.UNAVAILABLE, { reason: 'DRAINING', retryAfterMs: 900 }), 2000);
      };
    });
    const resumed: unknown[] = [];
    expect(await idsFrom(client, frames(8), { onResume: (error) => resumed.push(error) })).toEqual(upTo(8));
    expect(openedAt - drainedAt).toBeLessThan(1500);
    expect(resumed).toEqual([]);
    expect(taken[1]).toEqual([4, 5, 6, 7, 8]);
  });

  it('keeps the order when the service still answers on the old call after the next is open', async () => {
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
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
    const client = await serveFrames((stream) => {
      if (stream.attempt > 1) serveWell(stream);
      else stream.fail(status.DEADLINE_EXCEEDED, { reason: 'STREAM_IDLE' });
    });
    expect(await idsFrom(client, frames(2))).toEqual([1, 2]);
  });
});
