import { type Image, StreamFramesRequest } from '@resmask/contracts/inference.v1';
import { LargeBytesReader } from './large-bytes-reader.js';

/** Of a message in gRPC's wire format: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;
/** Buffers that hold one message and nothing else. */
const exclusive = new WeakSet<ArrayBufferLike>();

/** Reads a message of a stream of frames; the bytes of its image are a view of the message. @throws Error if it cannot be read. */
export function decodeFrameRequest(message: Buffer): StreamFramesRequest {
  const reader = new LargeBytesReader(message);
  const request = StreamFramesRequest.decode(reader);
  if (request.message?.$case !== 'frame') return request;
  const image = request.message.value.image;
  if (image) resolveImage(image, reader);
  // A buffer that holds it and the few bytes gRPC puts in front of it, and no part of anything else.
  if (message.buffer.byteLength - message.byteLength <= PREFIX_BYTES) exclusive.add(message.buffer);
  return request;
}

/** Whether nobody but the frame these bytes came with has a use for their buffer, so that it may move to another thread. */
export function mayMove(bytes: Uint8Array): boolean {
  return exclusive.has(bytes.buffer);
}

function resolveImage({ content }: Image, reader: LargeBytesReader): void {
  if (content?.$case === 'encoded') content.value = reader.resolve(content.value);
  else if (content?.$case === 'raw') content.value.data = reader.resolve(content.value.data);
}
