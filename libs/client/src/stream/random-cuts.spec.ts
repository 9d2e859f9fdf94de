import { status } from '@grpc/grpc-js';
import { DeliveryMode } from '@resmask/contracts/inference.v1';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FrameServer, type ServedStream } from '../../../../test/support/frame-server.js';
import { encodedImage } from '../image.js';
import { InferenceClient } from '../inference-client.js';
import { isFrameReply } from './frame-answer.js';
import type { FrameInput } from './frame-input.js';

const LONG = process.env['RESMASK_TEST_LONG'] !== undefined;
const IMAGE = encodedImage(Buffer.from([1]));
const FRAMES = 30;

/** What one call does after it has taken so many frames, of which it answers all but the last few. */
interface Mishap {
  readonly what: 'unavailable' | 'cut' | 'end' | 'drain' | 'drain early' | 'drain and cut' | 'silence' | 'refuse';
  readonly takes: number;
  readonly owes: number;
}

let server: FrameServer;
let client: InferenceClient;
/** One for each call that goes wrong; the calls after them go well. */
let mishaps: Mishap[] = [];

beforeAll(async () => {
  server = await FrameServer.start((stream, itself) => misbehave(stream, mishaps.shift(), itself));
  client = new InferenceClient(server.address);
});
afterAll(() => {
  client.close();
  server.stop();
});

function misbehave(stream: ServedStream, mishap: Mishap | undefined, itself: FrameServer): void {
  if (mishap?.what === 'refuse') {
    stream.fail(status.UNAVAILABLE);
    return;
  }
  stream.accept({ maxInFlight: 3 }, mishap?.what === 'silence' ? 10 : 10_000);
  let answered = 0;
  const answerTo = (count: number): void => {
    for (; answered < count; answered += 1) stream.answer(stream.taken[answered]);
  };
  let over = false;
  stream.onFrame = () => {
    if (over) return;
    const { length } = stream.taken;
    answerTo(mishap ? Math.min(length, Math.max(0, mishap.takes - mishap.owes)) : length);
    over = mishap !== undefined && length === mishap.takes;
    if (over && mishap) happen(stream, mishap, answered, answerTo, itself);
  };
}

function happen(
  stream: ServedStream,
  { what, takes }: Mishap,
  answered: number,
  answerTo: (count: number) => void,
  itself: FrameServer,
): void {
  const last = stream.taken[answered - 1] ?? 0;
  const next = stream.taken[answered];
  if (what === 'cut') itself.cut();
  else if (what === 'end') stream.call.end();
  else if (what === 'unavailable') stream.fail(status.UNAVAILABLE);
  else if (what === 'drain') {
    stream.drain(last, next);
    stream.fail(status.UNAVAILABLE);
  } else if (what === 'drain and cut') {
    stream.drain(last, stream.taken[takes - 1]);
    setTimeout(() => itself.cut(), 15);
  } else if (what === 'drain early') {
    // Says where to go on before it has answered what it took.
    stream.drain(last, stream.taken[takes - 1] + 1);
    setTimeout(() => {
      answerTo(takes);
      stream.fail(status.UNAVAILABLE);
    }, 10);
  }
}

const mishap = fc.record({
  what: fc.constantFrom<Mishap['what']>(
    'unavailable',
    'cut',
    'end',
    'drain',
    'drain early',
    'drain and cut',
    'silence',
    'refuse',
  ),
  takes: fc.integer({ min: 1, max: 12 }),
  owes: fc.integer({ min: 1, max: 4 }),
});

async function* source(pauses: readonly boolean[]): AsyncGenerator<FrameInput> {
  for (let frameId = 1; frameId <= FRAMES; frameId += 1) {
    yield { frameId, image: IMAGE };
    if (pauses[frameId % pauses.length]) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

it.each<[string, DeliveryMode]>([
  ['lossless', DeliveryMode.DELIVERY_MODE_LOSSLESS],
  ['live', DeliveryMode.DELIVERY_MODE_LATEST],
])(
  'however the calls of a %s stream end, every frame is answered once and in order',
  async (_name, mode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(mishap, { maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        async (planned, pauses) => {
          mishaps = [...planned];
          const ids: number[] = [];
          const controls = { firstDelayMs: 1, maxDelayMs: 4 };
          for await (const answer of client.streamFrames({ mode }, source(pauses), controls)) {
            if (!isFrameReply(answer)) continue;
            ids.push(answer.value.frameId);
            if (mode === DeliveryMode.DELIVERY_MODE_LOSSLESS)
              expect(answer).not.toHaveProperty('value.local', expect.anything());
          }
          expect(ids).toEqual(Array.from({ length: FRAMES }, (_, i) => i + 1));
        },
      ),
      { numRuns: LONG ? 600 : 30 },
    );
  },
  LONG ? 600_000 : 60_000,
);
