import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Frame, type Image, RawPixels, StreamFramesRequest } from '@resmask/contracts/inference.v1';

/** Field numbers of the contract, all of them fields of messages or bytes. */
const REQUEST_FRAME = 2;
const FRAME_IMAGE = 3;
const IMAGE_ENCODED = 1;
const IMAGE_RAW = 2;
const RAW_DATA = 4;

/** Writes a message of a stream of frames with one copy of its image; generated code makes several, and garbage of them. */
export function encodeFrameRequest(request: StreamFramesRequest): Buffer {
  const { message } = request;
  const content = message?.$case === 'frame' ? message.value.image?.content : undefined;
  if (message?.$case !== 'frame' || !content) return Buffer.from(StreamFramesRequest.encode(request).finish());
  const { heads, data } = imageParts(content);
  // Fields may come in any order: the image comes last, so that all before it is small.
  const rest = Buffer.from(Frame.encode({ ...message.value, image: undefined }).finish());
  const image = wrap(FRAME_IMAGE, heads, data.length);
  const head = wrap(REQUEST_FRAME, [rest, ...image], data.length);
  return Buffer.concat([...head, data]);
}

/** What stands before an image's bytes, and the bytes, which end the message. */
function imageParts(content: NonNullable<Image['content']>): { heads: Uint8Array[]; data: Uint8Array } {
  if (content.$case === 'encoded') {
    return { heads: wrap(IMAGE_ENCODED, [], content.value.length), data: content.value };
  }
  const { data } = content.value;
  const facts = RawPixels.encode({ ...content.value, data: Buffer.alloc(0) }).finish();
  const heads = [facts, ...wrap(RAW_DATA, [], data.length)];
  return { heads: wrap(IMAGE_RAW, heads, data.length), data };
}

/** A field of a given number around what there is and so many bytes that follow. */
function wrap(field: number, inner: readonly Uint8Array[], following: number): Uint8Array[] {
  const length = inner.reduce((sum, part) => sum + part.length, following);
  return [
    new BinaryWriter()
      .uint32((field << 3) | 2)
      .uint32(length)
      .finish(),
    ...inner,
  ];
}
