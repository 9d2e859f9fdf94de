import { PixelFormat, StreamFramesRequest } from '@resmask/contracts/inference.v1';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrameRequest } from './encode-frame-request.js';

it('writes what the generated code reads back as the same, frames and configurations', () => {
  const bytes = fc.uint8Array({ maxLength: 40_000 });
  fc.assert(
    fc.property(bytes, fc.constantFrom('encoded', 'raw', 'none', 'config'), fc.nat(), (data, kind, frameId) => {
      const raw = { format: PixelFormat.PIXEL_FORMAT_BGR24, width: 7, height: 9, data: Buffer.from(data) };
      const content =
        kind === 'encoded'
          ? { $case: 'encoded' as const, value: Buffer.from(data) }
          : { $case: 'raw' as const, value: raw };
      const frame = {
        frameId,
        captureTime: { seconds: 1_700_000_000, nanos: 7 },
        image: kind === 'none' ? undefined : { content },
        regions: [{ area: { $case: 'wholeFrame' as const, value: {} } }],
        deadline: { seconds: 1, nanos: 0 },
      };
      const request = StreamFramesRequest.fromPartial({
        message:
          kind === 'config'
            ? { $case: 'config', value: { model: 'm', regions: frame.regions } }
            : { $case: 'frame', value: frame },
      });
      expect(StreamFramesRequest.decode(encodeFrameRequest(request))).toEqual(request);
    }),
  );
});
