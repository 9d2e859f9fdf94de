import { DomainError } from '@resmask/errors';
import { formatShape, type Tensor } from '@resmask/tensor';
import type { Value } from './graph-builder.js';
import type { Dimension } from './graph-signature.js';
import { ceilPadding, type Padding, windowCount } from './sliding-window.js';

export function imageShape(layer: string, { shape }: Value): [Dimension, number, number, number] {
  const [batch, channels, height, width] = shape;
  if (shape.length !== 4 || typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') {
    throw shapeError(layer, `takes [batch, channels, height, width] with fixed sizes, got ${formatShape(shape)}`);
  }
  return [batch, channels, height, width];
}

export function channelCount(layer: string, { shape }: Value): number {
  const [, channels] = shape;
  if (typeof channels === 'number') return channels;
  throw shapeError(layer, `takes [batch, channels, …] with a fixed number of channels, got ${formatShape(shape)}`);
}

/** Height and width of what a window that slides over an image gives. */
export function slide(
  layer: string,
  [height, width]: readonly number[],
  [kernelHeight, kernelWidth]: readonly number[],
  { top, left, bottom, right }: Padding,
  step: { readonly stride: number; readonly dilation: number },
): [number, number] {
  const rows = windowCount({ size: height, kernel: kernelHeight, before: top, after: bottom, ...step });
  const columns = windowCount({ size: width, kernel: kernelWidth, before: left, after: right, ...step });
  if (rows >= 1 && columns >= 1) return [rows, columns];
  throw shapeError(layer, `slides a ${kernelHeight}×${kernelWidth} kernel over an image of ${height}×${width}`);
}

export function expectShape(name: string, { shape }: Tensor, wanted: readonly number[]): void {
  if (shape.length !== wanted.length || shape.some((size, axis) => size !== wanted[axis])) {
    throw shapeError(name, `is ${formatShape(shape)}, the layer needs ${formatShape(wanted)}`);
  }
}

export function expectSameShape(layer: string, a: Value, b: Value): void {
  if (formatShape(a.shape) !== formatShape(b.shape)) {
    throw shapeError(layer, `joins ${formatShape(a.shape)} and ${formatShape(b.shape)}, which do not fit`);
  }
}

/** Shapes must be equal but for axes of size 1, which are repeated. */
export function broadcastShape(layer: string, a: Value, b: Value): Dimension[] {
  const fits = (axis: number): boolean => a.shape[axis] === b.shape[axis] || a.shape[axis] === 1 || b.shape[axis] === 1;
  if (a.shape.length !== b.shape.length || !a.shape.every((_, axis) => fits(axis))) {
    throw shapeError(layer, `joins ${formatShape(a.shape)} and ${formatShape(b.shape)}, which do not fit`);
  }
  return a.shape.map((size, axis) => (size === 1 ? b.shape[axis] : size));
}

export function shapeError(name: string, problem: string): DomainError {
  return new DomainError('WEIGHTS_INVALID', `${name}: ${problem}`);
}

/** A pool's padding, with what `ceil` adds at the end of each axis. */
export function poolPadding(
  [height, width]: readonly number[],
  pool: { readonly kernel: number; readonly stride: number; readonly padding: Padding; readonly ceil: boolean },
): Padding {
  const { kernel, stride, padding, ceil } = pool;
  if (!ceil) return padding;
  const { top, left, bottom, right } = padding;
  const end = (size: number, before: number, after: number): number =>
    ceilPadding({ size, kernel, stride, before, after });
  return { top, left, bottom: end(height, top, bottom), right: end(width, left, right) };
}
