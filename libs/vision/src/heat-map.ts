import type { Pixels } from './pixels.js';
import { viridis } from './viridis.js';

/** A grid of numbers over an image, row by row from the upper left. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  /** width × height numbers. */
  readonly values: Float32Array;
}

/**
 * A grid brought to another size bilinearly, as PyTorch's `interpolate(mode='bilinear', align_corners=False)` does: cells are areas, and
 * the outer ones go on to the edge.
 * @throws RangeError if a side is not above 0, or the values are not width × height.
 */
export function resizeHeatMap({ width, height, values }: HeatMap, newWidth: number, newHeight: number): HeatMap {
  for (const side of [width, height, newWidth, newHeight])
    if (!Number.isInteger(side) || side < 1)
      throw new RangeError(`sides of a heat map are whole numbers from 1, got ${side}`);
  if (values.length !== width * height)
    throw new RangeError(`a heat map of ${width}×${height} has ${width * height} values, got ${values.length}`);
  const columns = taps(width, newWidth);
  const rows = taps(height, newHeight);
  const resized = new Float32Array(newWidth * newHeight);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      const along = (start: number): number =>
        values[start + column.first] * (1 - column.weight) + values[start + column.second] * column.weight;
      const upper = along(row.first * width);
      resized[y * newWidth + x] = upper * (1 - row.weight) + along(row.second * width) * row.weight;
    }
  }
  return { width: newWidth, height: newHeight, values: resized };
}

/** Where each place of a side takes its value from: two places of the other side, and the weight of the second. */
function taps(from: number, to: number): { first: number; second: number; weight: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const first = Math.min(Math.floor(position), from - 1);
    return { first, second: Math.min(first + 1, from - 1), weight: position - first };
  });
}

/**
 * A heat map in colours, dark for 0 and less, bright for its largest value; all dark if none is above 0.
 * @returns red, green, blue
 * @throws RangeError as `resizeHeatMap`.
 */
export function colourHeatMap(map: HeatMap, width: number, height: number): Pixels {
  const { values } = resizeHeatMap(map, width, height);
  // Of the grid itself: its peak is the same whatever size it is drawn in.
  const maximum = Array.from(map.values).reduce((a, b) => Math.max(a, b), 0);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i += 1) data.set(viridis(maximum > 0 ? values[i] / maximum : 0), i * 3);
  return { width, height, channels: 3, data };
}

/**
 * A heat map's colours over the image it belongs to.
 * @param opacity of the colours, 0 to 1
 * @returns red, green, blue, as large as the image
 * @throws RangeError as `resizeHeatMap`.
 */
export function overlayHeatMap(image: Pixels, map: HeatMap, opacity = 0.5): Pixels {
  const { width, height, data: colours } = colourHeatMap(map, image.width, image.height);
  const step = image.channels === 3 ? 1 : 3;
  const data = colours.map((colour, i) =>
    Math.round(colour * opacity + image.data[Math.floor(i / step)] * (1 - opacity)),
  );
  return { width, height, channels: 3, data };
}
