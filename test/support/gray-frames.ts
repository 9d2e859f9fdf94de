import type { FrameInput } from '@resmask/client';
import { type Image, PixelFormat, type Region } from '@resmask/contracts/inference.v1';

const SIDE = 16;
export const WHOLE: Region[] = [{ area: { $case: 'wholeFrame', value: {} } }];

/** A raw grey picture of one brightness. */
export function grayImage(value = 128, side = SIDE): Image {
  const data = Buffer.alloc(side * side, value);
  return {
    content: { $case: 'raw', value: { format: PixelFormat.PIXEL_FORMAT_GRAY8, width: side, height: side, data } },
  };
}

/** A frame that costs next to nothing: raw, small, and the whole of it a face. */
export function grayFrame(frameId: number, value = 128): FrameInput {
  return { frameId, image: grayImage(value), regions: WHOLE };
}
