import type { InferenceServiceClient, StreamConfig } from '@resmask/contracts/inference.v1';
import type { FrameAnswer } from './frame-answer.js';
import type { FrameInput } from './frame-input.js';
import { FrameStream } from './frame-stream.js';
import type { StreamControls } from './stream-controls.js';

/** Streams frames over as many calls as it takes. @throws ResmaskError, or what the source of frames throws. */
export async function* streamFrames(
  client: InferenceServiceClient,
  config: StreamConfig,
  frames: AsyncIterable<FrameInput>,
  controls: StreamControls,
): AsyncGenerator<FrameAnswer> {
  const stream = new FrameStream(() => client.streamFrames(), config, frames, controls);
  try {
    yield* stream.answers();
  } finally {
    stream.close();
  }
}
