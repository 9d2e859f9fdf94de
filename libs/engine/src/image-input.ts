import type { Box } from '@resmask/vision';

/** Raw pixels, row by row without padding. */
export interface RawImage {
  readonly kind: 'raw';
  readonly format: 'gray8' | 'rgb24' | 'bgr24';
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** An image as it came: encoded, or pixels in one of three orders. */
export type ImageInput = { readonly kind: 'encoded'; readonly bytes: Uint8Array } | RawImage;

/** Where a face is, said by the client: a detector's box, exactly these pixels, or the whole image. */
export type RegionInput =
  | { readonly kind: 'face'; readonly box: Box }
  | { readonly kind: 'crop'; readonly box: Box }
  | { readonly kind: 'whole' };
