import { afterEach } from 'vitest';
import { InferenceClient } from '../../libs/client/src/inference-client.js';
import { type FrameAnswer, isFrameReply } from '../../libs/client/src/stream/frame-answer.js';
import type { FrameInput } from '../../libs/client/src/stream/frame-input.js';
import { FrameServer, type ServedStream } from './frame-server.js';

const open: { stop(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

/** A client of a server whose streams do what a test says; both are gone after the test. */
export async function serveFrames(
  handle: (stream: ServedStream, server: FrameServer) => void,
): Promise<InferenceClient> {
  const server = await FrameServer.start(handle);
  const client = new InferenceClient(server.address);
  open.push(server, { stop: () => client.close() });
  return client;
}

/** Accepts, and answers every frame as it comes. */
export function serveWell(stream: ServedStream): void {
  stream.accept();
  stream.onFrame = ({ frameId }) => stream.answer(frameId);
}

/** Frames from 1 on. */
export async function* frames(
  count: number,
  everyMs = 0,
  image: FrameInput['image'] = { content: { $case: 'encoded', value: Buffer.from([1]) } },
): AsyncGenerator<FrameInput> {
  for (let frameId = 1; frameId <= count; frameId += 1) {
    yield { frameId, image, captureTime: { seconds: frameId, nanos: 0 } };
    if (everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** 1 to count. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Which frames were answered, in the order of their answers. */
export const idsOf = (answers: readonly FrameAnswer[]): number[] =>
  answers.filter(isFrameReply).map(({ value }) => value.frameId);
