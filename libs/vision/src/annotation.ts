import type { Box } from './box.js';

/** A box to draw with one line of text on its upper edge. */
export interface Annotation {
  readonly box: Box;
  readonly text: string;
  /** A CSS colour. */
  readonly colour: string;
}

/** Text as outlines, so that a picture looks the same on machines without fonts. */
export interface Lettering {
  /** Width of a line of text in pixels. */
  width(text: string, size: number): number;
  /** SVG path data of a line of text that starts at x on the baseline y. */
  path(text: string, x: number, y: number, size: number): string;
}

/** An SVG overlay of width × height pixels that draws each annotation. */
export function annotationSvg(
  width: number,
  height: number,
  annotations: readonly Annotation[],
  lettering: Lettering,
): string {
  const side = Math.min(width, height);
  const stroke = Math.max(2, Math.round(side / 250));
  const size = Math.max(11, Math.round(side / 40));
  const shapes = annotations.map((annotation) => annotationShape(annotation, width, stroke, size, lettering));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
}

function annotationShape(
  { box, text, colour }: Annotation,
  imageWidth: number,
  stroke: number,
  size: number,
  lettering: Lettering,
): string {
  const padding = size * 0.35;
  const labelWidth = lettering.width(text, size) + 2 * padding;
  const labelHeight = size * 1.4;
  const labelX = Math.max(0, Math.min(box.x - stroke / 2, imageWidth - labelWidth));
  // Above the box where there is room, otherwise inside its upper edge.
  const labelY = box.y >= labelHeight ? box.y - labelHeight : box.y;
  const letters = lettering.path(text, labelX + padding, labelY + size * 1.05, size);
  return [
    `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="${colour}" stroke-width="${stroke}"/>`,
    `<rect x="${labelX}" y="${labelY}" width="${labelWidth}" height="${labelHeight}" fill="${colour}"/>`,
    `<path d="${letters}" fill="#101010"/>`,
  ].join('');
}
