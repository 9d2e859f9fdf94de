import type { Box } from './box.js';
import type { Pixels } from './pixels.js';

/** Whole-pixel bounds; right and bottom are exclusive. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The square around a face box that the published pipeline crops: its side is `margin` × the mean of width and height,
 * about the integer centre, truncated toward zero. It may reach beyond the image; `crop` cuts it off there.
 */
export function squareAround(box: Box, margin: number): Bounds {
  const left = Math.trunc(box.x);
  const top = Math.trunc(box.y);
  const right = Math.trunc(box.x + box.width);
  const bottom = Math.trunc(box.y + box.height);
  const centreX = Math.floor((left + right) / 2);
  const centreY = Math.floor((top + bottom) / 2);
  const half = Math.floor(Math.floor((right - left + bottom - top) / 2) / 2) * margin;
  // `| 0` truncates toward zero without leaving -0.
  return {
    left: (centreX - half) | 0,
    top: (centreY - half) | 0,
    right: (centreX + half) | 0,
    bottom: (centreY + half) | 0,
  };
}

/** The bounds of a box rounded outwards to whole pixels. */
export function boundsOf(box: Box): Bounds {
  return {
    left: Math.floor(box.x),
    top: Math.floor(box.y),
    right: Math.ceil(box.x + box.width),
    bottom: Math.ceil(box.y + box.height),
  };
}

/** The pixels inside the bounds, cut off at the image's borders; undefined if none are inside. */
export function crop(image: Pixels, bounds: Bounds): Pixels | undefined {
  const left = Math.max(bounds.left, 0);
  const top = Math.max(bounds.top, 0);
  const width = Math.min(bounds.right, image.width) - left;
  const height = Math.min(bounds.bottom, image.height) - top;
  if (width <= 0 || height <= 0) return undefined;
  const rowBytes = width * image.channels;
  const data = new Uint8Array(height * rowBytes);
  for (let row = 0; row < height; row += 1) {
    const start = ((top + row) * image.width + left) * image.channels;
    data.set(image.data.subarray(start, start + rowBytes), row * rowBytes);
  }
  return { width, height, channels: image.channels, data };
}
