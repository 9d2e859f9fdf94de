import { seededRandom } from '@resmask/tensor';
import { describe, expect, it } from 'vitest';
import { type Pixels, pixels } from './pixels.js';
import { sceneDifference, sceneSignature } from './scene-signature.js';

/** A picture whose blocks of 8 × 8 pixels have the given brightness. */
function picture(brightness: (column: number, row: number) => number): Pixels {
  const data = Uint8Array.from({ length: 32 * 32 }, (_, i) => brightness((i % 32) >> 3, i >> 8));
  return pixels(32, 32, 1, data);
}

describe('sceneSignature', () => {
  it('holds the shares of each level of brightness in each block', () => {
    const signature = sceneSignature(picture((column, row) => (column === 3 && row === 1 ? 255 : 16)));
    expect(signature).toHaveLength(256);
    expect(signature[0 * 16 + 1]).toBe(1);
    expect(signature[(1 * 4 + 3) * 16 + 15]).toBe(1);
    expect(signature.reduce((sum, share) => sum + share, 0)).toBe(16);
  });

  it('hardly depends on the size of the picture', () => {
    const random = seededRandom(4);
    const grey = Array.from({ length: 16 }, () => Math.floor(random() * 256));
    const [small, large] = [32, 640].map((side) =>
      sceneSignature(
        pixels(
          side,
          side,
          3,
          Uint8Array.from({ length: side * side * 3 }, (_, i) => {
            const pixel = Math.floor(i / 3);
            return grey[Math.floor((pixel * 4) / side / side) * 4 + Math.floor(((pixel % side) * 4) / side)];
          }),
        ),
      ),
    );
    expect(sceneDifference(small, large)).toBeLessThan(0.02);
  });
});

describe('sceneDifference', () => {
  const dark = sceneSignature(picture(() => 10));

  it('is 0 for the same picture, 1 for one of other brightness everywhere', () => {
    expect(sceneDifference(dark, dark)).toBe(0);
    expect(sceneDifference(dark, sceneSignature(picture(() => 200)))).toBe(1);
  });

  it('is the share of the picture that changed', () => {
    const left = sceneSignature(picture((column) => (column === 0 ? 200 : 10)));
    expect(sceneDifference(dark, left)).toBeCloseTo(0.25, 6);
  });
});
