import type { Box } from './box.js';

/** A box to draw with one line of text on its upper edge. */
export interface Annotation {
  readonly box: Box;
  readonly text: string;
  /** A CSS colour. */
  readonly colour: string;
}

/** An SVG overlay of width × height that draws each annotation; text is escaped. */
export function annotationSvg(width: number, height: number, annotations: readonly Annotation[]): string {
  const stroke = Math.max(2, Math.round(Math.min(width, height) / 250));
  const fontSize = Math.max(12, Math.round(Math.min(width, height) / 38));
  const shapes = annotations.map((annotation) => shape(annotation, width, stroke, fontSize));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
}

function shape({ box, text, colour }: Annotation, imageWidth: number, stroke: number, fontSize: number): string {
  const labelWidth = Math.ceil(text.length * fontSize * 0.62) + fontSize;
  const labelHeight = Math.round(fontSize * 1.4);
  const labelX = Math.max(0, Math.min(box.x, imageWidth - labelWidth));
  // Above the box where there is room, otherwise inside its upper edge.
  const labelY = box.y >= labelHeight ? box.y - labelHeight : box.y;
  return (
    `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="${colour}" stroke-width="${stroke}"/>` +
    `<rect x="${labelX}" y="${labelY}" width="${labelWidth}" height="${labelHeight}" fill="${colour}"/>` +
    `<text x="${labelX + fontSize / 2}" y="${labelY + fontSize}" font-family="DejaVu Sans, Arial, sans-serif" font-size="${fontSize}" fill="#000">${escapeXml(text)}</text>`
  );
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
