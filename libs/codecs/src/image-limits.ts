/** What an image may be; anything outside is refused before its pixels are decoded. */
export interface ImageLimits {
  /** Width × height at most. */
  readonly maxPixels: number;
  /** Width and height at least, in pixels. */
  readonly minSide: number;
}
