import type { Pixels } from './pixels.js';
import { resizeBilinear } from './resize.js';

/** An image scaled into a fixed frame, and how to bring coordinates of the frame back to the image. */
export interface Letterboxed {
  readonly image: Pixels;
  /** Image pixels per frame pixel. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Scales an image to fit width × height with its proportions kept, at the left upper corner; the rest is black. */
export function letterbox(image: Pixels, width: number, height: number): Letterboxed {
  const scale = Math.min(width / image.width, height / image.height);
  const innerWidth = Math.min(width, Math.max(1, Math.round(image.width * scale)));
  const innerHeight = Math.min(height, Math.max(1, Math.round(image.height * scale)));
  const inner = resizeBilinear(image, innerWidth, innerHeight);
  const data = new Uint8Array(width * height * image.channels);
  const rowBytes = innerWidth * image.channels;
  for (let row = 0; row < innerHeight; row += 1) {
    data.set(inner.data.subarray(row * rowBytes, (row + 1) * rowBytes), row * width * image.channels);
  }
  return {
    image: { width, height, channels: image.channels, data },
    scaleX: image.width / innerWidth,
    scaleY: image.height / innerHeight,
  };
}
