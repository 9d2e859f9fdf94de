import type { FrameTimings } from '@resmask/client';

interface Duration {
  readonly seconds: number;
  readonly nanos: number;
}

/** Where the time of a frame went, in milliseconds. */
export function timingsView({ receive, decode, detect, queue, infer, send, batchSize }: FrameTimings) {
  return {
    receiveMs: milliseconds(receive),
    decodeMs: milliseconds(decode),
    detectMs: milliseconds(detect),
    queueMs: milliseconds(queue),
    inferMs: milliseconds(infer),
    sendMs: milliseconds(send),
    batchSize,
  };
}

/** 0 for none. */
export function milliseconds(duration: Duration | undefined): number {
  return duration ? duration.seconds * 1000 + duration.nanos / 1e6 : 0;
}
