import type { Pixels } from './pixels.js';
import type { SimilarityTransform } from './similarity-transform.js';

/**
 * A square image whose pixels are taken from where a transform says, bilinearly and without antialiasing; black beyond the image.
 * Coordinates count from the image's corner, so the centre of the first pixel is at 0.5, 0.5.
 * @param side of the square in pixels
 * @param toImage from coordinates of the square to those of the image
 */
export function warpSquare(image: Pixels, side: number, toImage: SimilarityTransform): Pixels {
  const { a, b, moveX, moveY } = toImage;
  const { channels } = image;
  const data = new Uint8Array(side * side * channels);
  for (let row = 0, target = 0; row < side; row += 1) {
    const y = row + 0.5;
    for (let column = 0; column < side; column += 1, target += channels) {
      const x = column + 0.5;
      sampleInto(data, target, image, a * x - b * y + moveX - 0.5, b * x + a * y + moveY - 0.5);
    }
  }
  return { width: side, height: side, channels, data };
}

/** Writes the value at x, y, in pixels from the centre of the first pixel. */
function sampleInto(out: Uint8Array, target: number, { width, height, channels, data }: Pixels, x: number, y: number) {
  if (!(x > -1 && y > -1 && x < width && y < height)) return;
  const left = Math.floor(x);
  const top = Math.floor(y);
  // Weights of neighbours beyond the image are 0, so that they count as black, and their place is any inside it.
  const leftWeight = left >= 0 ? 1 - (x - left) : 0;
  const rightWeight = left + 1 < width ? x - left : 0;
  const topWeight = top >= 0 ? 1 - (y - top) : 0;
  const bottomWeight = top + 1 < height ? y - top : 0;
  const upper = Math.max(top, 0) * width;
  const lower = Math.min(top + 1, height - 1) * width;
  const west = Math.max(left, 0);
  const east = Math.min(left + 1, width - 1);
  for (let channel = 0; channel < channels; channel += 1) {
    const over =
      data[(upper + west) * channels + channel] * leftWeight + data[(upper + east) * channels + channel] * rightWeight;
    const under =
      data[(lower + west) * channels + channel] * leftWeight + data[(lower + east) * channels + channel] * rightWeight;
    out[target + channel] = Math.round(over * topWeight + under * bottomWeight);
  }
}
