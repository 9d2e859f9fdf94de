import type { WeightSource } from '@resmask/architectures';
import { elementCount } from '@resmask/tensor';

/** Bounded noise from a key and a place: murmur3's finaliser of the key's FNV-1a hash and the index. In [0, 1). */
export function noise(key: string): (index: number) => number {
  const start = fnv1a(key);
  return (index) => mix((start + Math.imul(index, 0x9e3779b9)) >>> 0) / 2 ** 32;
}

/** Running mean or variance of a batch normalisation, by key. */
export type Statistics = (key: string, length: number) => Float32Array;

/**
 * Weights anyone can compute from the names of a state dict: kernels uniform within ±√(6 ÷ fan-in), scales 0.8 to 1.2, offsets
 * within ±0.1.
 */
export function ruleWeights(statistics: Statistics = ruleStatistics): WeightSource {
  return {
    take(key, shape) {
      const length = elementCount(shape);
      if (/running_(mean|var)$/.test(key)) return { shape, data: statistics(key, length) };
      return { shape, data: filled(key, length, ruleFor(key, shape)) };
    },
  };
}

/** Means within ±0.1, variances from 2 to 4, so that values do not grow from block to block. */
export const ruleStatistics: Statistics = (key, length) =>
  filled(key, length, key.endsWith('mean') ? (u) => 0.2 * (u - 0.5) : (u) => 2 + 2 * u);

/** An image of noise: [channels, side, side] in [0, 1). */
export function noiseImage(channels: number, side: number): Float32Array {
  return filled('input.noise', channels * side * side, (u) => u);
}

/** An image of waves: channel c, row y, column x is ½ + ½ sin(2π((c + 1)x + 2y)), rows and columns ÷ side. */
export function waveImage(channels: number, side: number): Float32Array {
  const image = new Float32Array(channels * side * side);
  for (let i = 0; i < image.length; i += 1) {
    const [channel, y, x] = [Math.floor(i / (side * side)), Math.floor(i / side) % side, i % side];
    image[i] = 0.5 + 0.5 * Math.sin(2 * Math.PI * (((channel + 1) * x) / side + (2 * y) / side));
  }
  return image;
}

function ruleFor(key: string, shape: readonly number[]): (u: number) => number {
  if (shape.length >= 2) {
    const limit = Math.sqrt(6 / elementCount(shape.slice(1)));
    return (u) => (2 * u - 1) * limit;
  }
  return key.endsWith('weight') ? (u) => 0.8 + 0.4 * u : (u) => 0.2 * (u - 0.5);
}

function filled(key: string, length: number, value: (u: number) => number): Float32Array {
  const at = noise(key);
  const data = new Float32Array(length);
  for (let i = 0; i < length; i += 1) data[i] = value(at(i));
  return data;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
