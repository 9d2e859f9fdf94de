import type { Face, FrameAnswer, FrameInput, InferenceClient } from '@resmask/client';
import { isFrameReply, ResmaskError } from '@resmask/client';

type Config = Parameters<InferenceClient['streamFrames']>[0];

/** Streams frames, never resuming, and collects every answer to a frame. */
export async function answersTo(
  inference: InferenceClient,
  config: Config,
  frames: Iterable<FrameInput> | AsyncIterable<FrameInput>,
): Promise<FrameAnswer[]> {
  const answers: FrameAnswer[] = [];
  for await (const answer of inference.streamFrames(config, toAsync(frames), { attempts: 0 })) {
    if (isFrameReply(answer)) answers.push(answer);
  }
  return answers;
}

export async function* toAsync<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

/** `3 result`, `4 error FRAME_UNDECODABLE` and the like. */
export function summary(answer: FrameAnswer): string {
  if (!isFrameReply(answer)) return answer.$case;
  const { frameId } = answer.value;
  if (answer.$case !== 'error') return `${frameId} ${answer.$case}`;
  const { status } = answer.value;
  return `${frameId} error ${status ? ResmaskError.fromStatus(status).reason : ''}`;
}

export function facesOf(answer: FrameAnswer): readonly Face[] {
  if (answer.$case !== 'result') throw new TypeError(`the answer is ${summary(answer)}, not a result`);
  return answer.value.faces;
}
