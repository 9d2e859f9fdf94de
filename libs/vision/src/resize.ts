import type { Pixels } from './pixels.js';

/** Where one output coordinate samples: two source indices and their weights in 1/2048. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

/**
 * Bilinear resize without antialiasing, byte for byte what cv2.resize(INTER_LINEAR) gives on uint8
 * (11-bit fixed-point weights; the vertical pass keeps its weights at the borders, the horizontal one does not).
 */
export function resizeBilinear(image: Pixels, width: number, height: number): Pixels {
  if (image.width === width && image.height === height) return image;
  const { channels } = image;
  const columns = horizontalTaps(image.width, width);
  const rows = verticalTaps(image.height, height);
  const out = new Uint8Array(width * height * channels);
  const rowLength = width * channels;
  let upper = new Int32Array(rowLength);
  let lower = new Int32Array(rowLength);
  let upperIndex = -1;
  let lowerIndex = -1;
  for (let y = 0; y < height; y += 1) {
    const first = rows.first[y];
    const second = rows.second[y];
    // Consecutive output rows mostly share source rows: reuse what is already summed.
    if (upperIndex !== first) {
      if (lowerIndex === first) {
        [upper, lower] = [lower, upper];
        [upperIndex, lowerIndex] = [lowerIndex, upperIndex];
      } else {
        sumRow(image, first, columns, upper);
        upperIndex = first;
      }
    }
    if (lowerIndex !== second) {
      if (second === first) lower.set(upper);
      else sumRow(image, second, columns, lower);
      lowerIndex = second;
    }
    blendRows(upper, lower, rows.firstWeight[y], rows.secondWeight[y], out, y * rowLength);
  }
  return { width, height, channels, data: out };
}

function sumRow({ width, channels, data }: Pixels, row: number, columns: Taps, sums: Int32Array): void {
  const start = row * width * channels;
  const { first, second, firstWeight, secondWeight } = columns;
  for (let x = 0, target = 0; x < first.length; x += 1) {
    const left = start + first[x] * channels;
    const right = start + second[x] * channels;
    for (let channel = 0; channel < channels; channel += 1, target += 1) {
      sums[target] = data[left + channel] * firstWeight[x] + data[right + channel] * secondWeight[x];
    }
  }
}

function blendRows(
  upper: Int32Array,
  lower: Int32Array,
  upperWeight: number,
  lowerWeight: number,
  out: Uint8Array,
  start: number,
): void {
  for (let i = 0; i < upper.length; i += 1) {
    out[start + i] = (((upperWeight * (upper[i] >> 4)) >> 16) + ((lowerWeight * (lower[i] >> 4)) >> 16) + 2) >> 2;
  }
}

function horizontalTaps(source: number, target: number): Taps {
  return taps(source, target, (index, fraction) => {
    if (index < 0) return [0, 0];
    return index >= source - 1 ? [source - 1, 0] : [index, fraction];
  });
}

function verticalTaps(source: number, target: number): Taps {
  return taps(source, target, (index, fraction) => [index, fraction]);
}

function taps(source: number, target: number, clamp: (index: number, fraction: number) => [number, number]): Taps {
  const first = new Int32Array(target);
  const second = new Int32Array(target);
  const firstWeight = new Int32Array(target);
  const secondWeight = new Int32Array(target);
  const scale = 1 / (target / source);
  const last = source - 1;
  for (let i = 0; i < target; i += 1) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const floor = Math.floor(position);
    const [index, fraction] = clamp(floor, Math.fround(position - floor));
    first[i] = Math.min(Math.max(index, 0), last);
    second[i] = Math.min(Math.max(index + 1, 0), last);
    firstWeight[i] = roundHalfToEven(Math.fround(1 - fraction) * 2048);
    secondWeight[i] = roundHalfToEven(fraction * 2048);
  }
  return { first, second, firstWeight, secondWeight };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
