/** Rows and columns added around an image before a window slides over it. */
export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** The same on every side, or one number for rows and one for columns, or each side of its own. */
export type PaddingOption = number | readonly [rows: number, columns: number] | Padding;

/** How a window moves along one axis. */
export interface WindowAxis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly dilation?: number;
}

export function toPadding(option: PaddingOption): Padding {
  if (typeof option === 'number') return { top: option, left: option, bottom: option, right: option };
  if ('top' in option) return option;
  const [rows, columns] = option;
  return { top: rows, left: columns, bottom: rows, right: columns };
}

/** ONNX's `pads`: top, left, bottom, right. */
export function padsAttribute({ top, left, bottom, right }: Padding): number[] {
  return [top, left, bottom, right];
}

/** Positions of the window along the axis; below 1 where it does not fit. */
export function windowCount({ size, kernel, stride, before, after, dilation = 1 }: WindowAxis): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/**
 * Padding at the end that makes a last, incomplete window count, as PyTorch's `ceil_mode` does; none where that window would
 * begin in the padding.
 */
export function ceilPadding({ size, kernel, stride, before, after }: WindowAxis): number {
  const rest = (size + before + after - kernel) % stride;
  const begin = size + before + after - kernel - rest + stride;
  return rest === 0 || begin >= size + before ? after : after + stride - rest;
}

/** TensorFlow's `same`: size ÷ stride positions, rounded up; an odd remainder goes to the end. */
export function samePadding(height: number, width: number, kernel: number, stride: number): Padding {
  const total = (size: number): number => Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const [rows, columns] = [total(height), total(width)];
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { top, left, bottom: rows - top, right: columns - left };
}
