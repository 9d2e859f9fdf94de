import type { FrameDropped, StreamFramesResponse } from '@resmask/contracts/inference.v1';

type Message = NonNullable<StreamFramesResponse['message']>;

/**
 * Why the client itself dropped a frame of a live stream: a newer one came before it could be sent, the service wished for fewer frames a
 * second, or the connection was lost after it was sent.
 */
export type LocalDrop = 'superseded' | 'paced' | 'disconnected';

/** A frame that nobody recognised; `local` says why where it was the client that dropped it, `reason` where it was the service. */
export type DroppedFrame = FrameDropped & { readonly local?: LocalDrop };

/** One answer of a stream. */
export type FrameAnswer = Exclude<Message, { $case: 'dropped' }> | { $case: 'dropped'; value: DroppedFrame };

/** The answer to one frame: every frame gets exactly one. */
export type FrameReply = Extract<FrameAnswer, { $case: 'result' | 'dropped' | 'error' }>;

/** Whether it answers a frame, and is no word about the stream itself. */
export function isFrameReply(answer: FrameAnswer): answer is FrameReply {
  return answer.$case === 'result' || answer.$case === 'dropped' || answer.$case === 'error';
}
