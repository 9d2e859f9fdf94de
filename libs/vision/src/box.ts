/** An axis-parallel rectangle in pixels of the image it belongs to; x and y are the left upper corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Intersection over union in [0, 1]; 0 when either box is empty. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

/** Moves and scales a box about its centre, in fractions of its own width and height. */
export interface BoxCorrection {
  readonly shiftX: number;
  readonly shiftY: number;
  readonly scaleWidth: number;
  readonly scaleHeight: number;
}

export function correctBox({ x, y, width, height }: Box, correction: BoxCorrection): Box {
  const newWidth = width * correction.scaleWidth;
  const newHeight = height * correction.scaleHeight;
  const centreX = x + width / 2 + correction.shiftX * width;
  const centreY = y + height / 2 + correction.shiftY * height;
  return { x: centreX - newWidth / 2, y: centreY - newHeight / 2, width: newWidth, height: newHeight };
}

/** The part of a box inside a width × height image; undefined if nothing of it is inside. */
export function clipBox(box: Box, width: number, height: number): Box | undefined {
  const x = Math.max(box.x, 0);
  const y = Math.max(box.y, 0);
  const right = Math.min(box.x + box.width, width);
  const bottom = Math.min(box.y + box.height, height);
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : undefined;
}
