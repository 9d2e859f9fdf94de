import type { Pixels } from '@resmask/vision';

/** What an image may be; anything outside is refused before its pixels are decoded. */
export interface ImageLimits {
  /** Width × height at most. */
  readonly maxPixels: number;
  /** Width and height at least, in pixels. */
  readonly minSide: number;
  /**
   * JPEGs whose longer side is at least twice this are decoded at a half, a quarter or an eighth of it, as small as this allows; absent for
   * never, in pixels.
   */
  readonly shrinkSide?: number;
}

/** An image at the size it was decoded at, and how large it is. */
export interface DecodedImage {
  readonly pixels: Pixels;
  /** Of the upright image as it was sent, in pixels. */
  readonly width: number;
  readonly height: number;
}
