import { PixelFormat, StreamFramesRequest } from '@resmask/contracts/inference.v1';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrameRequest, mayMove } from './frame-codec.js';

const encode = (request: StreamFramesRequest): Buffer => Buffer.from(StreamFramesRequest.encode(request).finish());

function frame(data: Uint8Array, encoded: boolean): StreamFramesRequest {
  const raw = { format: PixelFormat.PIXEL_FORMAT_RGB24, width: 3, height: 5, data: Buffer.from(data) };
  const content = encoded
    ? { $case: 'encoded' as const, value: Buffer.from(data) }
    : { $case: 'raw' as const, value: raw };
  return StreamFramesRequest.fromPartial({
    message: {
      $case: 'frame',
      value: {
        frameId: 7,
        captureTime: { seconds: 1_700_000_000, nanos: 5 },
        image: { content },
        regions: [{ area: { $case: 'face', value: { x: 1, y: 2, width: 3, height: 4 } } }],
      },
    },
  });
}

describe('decodeFrameRequest', () => {
  it('reads what the generated code reads, whatever the size of the image', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ minLength: 1000, maxLength: 5000 }));
    fc.assert(
      fc.property(bytes, fc.boolean(), (data, encoded) => {
        const message = encode(frame(data, encoded));
        expect(decodeFrameRequest(message)).toEqual(StreamFramesRequest.decode(message));
      }),
    );
  });

  it('reads configurations with long strings', () => {
    const request = StreamFramesRequest.fromPartial({
      message: { $case: 'config', value: { model: 'm'.repeat(5000), topK: 3 } },
    });
    expect(decodeFrameRequest(encode(request))).toEqual(request);
  });

  it('lets the last of several images win, as protobuf has it', () => {
    const first = encode(frame(new Uint8Array(2000).fill(1), true));
    const second = encode(frame(new Uint8Array(3000).fill(2), false));
    const both = Buffer.concat([first, second]);
    expect(decodeFrameRequest(both)).toEqual(StreamFramesRequest.decode(both));
  });

  it('gives a view of the message, which may move if nothing else lies in its buffer', () => {
    const own = new Uint8Array(encode(frame(new Uint8Array(40_000), false)));
    expect(movable(Buffer.from(own.buffer))).toBe(true);
    const shared = Buffer.from(new ArrayBuffer(100_000), 16, own.length);
    shared.set(own);
    expect(movable(shared)).toBe(false);
  });
});

function movable(message: Buffer): boolean {
  const request = decodeFrameRequest(message);
  const content = request.message?.$case === 'frame' ? request.message.value.image?.content : undefined;
  if (content?.$case !== 'raw') throw new Error('it is no raw image');
  expect(content.value.data.buffer).toBe(message.buffer);
  return mayMove(content.value.data);
}
