import type { Frame, StreamConfig } from '@resmask/contracts/inference.v1';
import type { Condition } from '../condition.js';
import { type ImageWish, toFrame } from './frame-input.js';
import type { FrameEntry, FrameLedger } from './frame-ledger.js';
import type { FrameSource } from './frame-source.js';
import { oversizedReply } from './oversized-reply.js';
import type { StreamCall } from './stream-call.js';

/** What sending on any call of a stream needs. */
export interface FrameSenderParts {
  readonly ledger: FrameLedger;
  readonly source: FrameSource;
  readonly changed: Condition;
  /** What the service wishes of images now. */
  readonly wish: () => ImageWish;
}

/** Sends the configuration and, once it is accepted, frames, until the source ends or another call takes over. */
export async function sendFrames(call: StreamCall, config: StreamConfig, parts: FrameSenderParts): Promise<void> {
  const { ledger, source, changed } = parts;
  await call.write({ $case: 'config', value: config });
  while (!call.closed) {
    const entry = call.accepted && ledger.take(call);
    if (entry) {
      await sendFrame(call, entry, parts);
    } else if (call.accepted && source.ended) {
      call.end();
      return;
    } else await changed.wait();
  }
}

async function sendFrame(call: StreamCall, entry: FrameEntry, parts: FrameSenderParts): Promise<void> {
  const { ledger, source, changed } = parts;
  const frame = await encode(entry, parts.wish()).catch((error: unknown) => {
    ledger.discardFrom(entry);
    source.fail(error);
  });
  // Another call may have taken over while the image was made; the frame is its to send.
  if (!frame || entry.call !== call) return;
  const refusal = call.accepted && oversizedReply(frame, call.accepted.maxMessageBytes);
  if (refusal) {
    ledger.refuse(entry, refusal);
    changed.notifyAll();
  } else await call.write({ $case: 'frame', value: frame });
}

async function encode(entry: FrameEntry, wish: ImageWish): Promise<Frame | undefined> {
  if (entry.input) entry.frame ??= toFrame(entry.input, wish);
  return entry.frame;
}
