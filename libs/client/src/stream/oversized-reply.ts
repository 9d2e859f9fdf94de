import { status as StatusCode } from '@grpc/grpc-js';
import { ErrorInfo } from '@resmask/contracts/google.rpc';
import type { Frame } from '@resmask/contracts/inference.v1';
import type { FrameReply } from './frame-answer.js';

/** More than what is around the pixels of a frame and one of its regions takes. */
const FRAME_BYTES = 128;
const REGION_BYTES = 32;

/** The answer to a frame the service would end the whole call for, because its message is too long; undefined for all others. */
export function oversizedReply(frame: Frame, maxBytes: number): FrameReply | undefined {
  const { frameId, captureTime } = frame;
  const bytes = imageBytes(frame) + FRAME_BYTES + frame.regions.length * REGION_BYTES;
  if (maxBytes === 0 || bytes <= maxBytes) return undefined;
  const message = `the frame is ${bytes} bytes, at most ${maxBytes} are taken; scale its image down or compress it more`;
  const info = ErrorInfo.fromPartial({ reason: 'FRAME_TOO_LARGE', domain: 'resmask.dev' });
  const details = [
    { typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo', value: Buffer.from(ErrorInfo.encode(info).finish()) },
  ];
  const status = { code: StatusCode.INVALID_ARGUMENT, message, details };
  return { $case: 'error', value: { frameId, captureTime, status } };
}

function imageBytes({ image }: Frame): number {
  const content = image?.content;
  if (!content) return 0;
  return content.$case === 'encoded' ? content.value.length : content.value.data.length;
}
