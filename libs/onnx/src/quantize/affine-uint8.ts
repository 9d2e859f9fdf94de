/** The values a tensor was seen to take. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** How numbers are kept in a byte: number = (byte − zeroPoint) × scale. */
export interface AffineUint8 {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Scales below this are none: the product of two, in which biases are counted, has to be a normal float32. */
export const LEAST_SCALE = 2 ** -60;

const LEVELS = 255;

/**
 * The finest bytes that hold a range and, exactly, zero, which padding and rectified values are full of.
 * The scale is a float32, as the graph stores it.
 */
export function affineOfRange({ min, max }: ValueRange): AffineUint8 {
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  const scale = Math.fround((high - low) / LEVELS);
  // Nothing but zeros, as far as anything behind can tell.
  if (scale < LEAST_SCALE) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.min(LEVELS, Math.max(0, roundHalfEven(-low / scale))) };
}

/** As ONNX's QuantizeLinear: halves to even, then clipped to the byte. */
export function quantize(value: number, { scale, zeroPoint }: AffineUint8): number {
  return Math.min(LEVELS, Math.max(0, roundHalfEven(value / scale) + zeroPoint));
}

export function dequantize(byte: number, { scale, zeroPoint }: AffineUint8): number {
  return (byte - zeroPoint) * scale;
}

export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
