import { createHash } from 'node:crypto';
import { seededRandom } from '@resmask/tensor';
import { expect, it } from 'vitest';
import { toGray } from './gray.js';
import { type Pixels, pixels } from './pixels.js';
import { resizeBilinear } from './resize.js';

// Digests of what OpenCV 5.0.0 gives for the same seeded images: cv2.resize(image, (W, H)) and cv2.cvtColor(COLOR_RGB2GRAY).
const RESIZES = [
  { from: [48, 48, 1], to: [224, 224], seed: 1, digest: 'e7affc7a8b68805c' },
  { from: [97, 61, 1], to: [48, 48], seed: 1, digest: '0d24de344cf189df' },
  { from: [10, 10, 1], to: [224, 224], seed: 1, digest: '7d9f4e73e896811f' },
  { from: [3, 200, 1], to: [64, 5], seed: 1, digest: '92e153fc5017f22a' },
  { from: [1, 1, 1], to: [7, 7], seed: 1, digest: 'f93fd766d52ee874' },
  { from: [97, 61, 3], to: [48, 48], seed: 2, digest: 'f0db4d7432f27b32' },
] as const;

it.each(RESIZES)('resizes $from to $to byte for byte like OpenCV', ({ from, to, seed, digest }) => {
  const [width, height, channels] = from;
  expect(digestOf(resizeBilinear(seededImage(width, height, channels, seed), to[0], to[1]))).toBe(digest);
});

it('turns colour into grey byte for byte like OpenCV', () => {
  expect(digestOf(toGray(seededImage(80, 64, 3, 3)))).toBe('fd1b81b5697b46dd');
});

function seededImage(width: number, height: number, channels: 1 | 3, seed: number): Pixels {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => Math.floor(random() * 256));
  return pixels(width, height, channels, data);
}

function digestOf({ data }: Pixels): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16);
}
