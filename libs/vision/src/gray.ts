import type { Pixels } from './pixels.js';

// Fixed-point luma weights of OpenCV's BGR2GRAY for bytes; they sum to 2^15, so grey stays grey exactly.
const RED = 9798;
const GREEN = 19235;
const BLUE = 3735;

/** Grey image, byte for byte what cv2.cvtColor(BGR2GRAY) gives; a grey image is returned as it is. */
export function toGray(image: Pixels): Pixels {
  if (image.channels === 1) return image;
  const { width, height, data } = image;
  const gray = new Uint8Array(width * height);
  for (let i = 0, source = 0; i < gray.length; i += 1, source += 3) {
    gray[i] = (BLUE * data[source + 2] + GREEN * data[source + 1] + RED * data[source] + 16384) >> 15;
  }
  return { width, height, channels: 1, data: gray };
}
