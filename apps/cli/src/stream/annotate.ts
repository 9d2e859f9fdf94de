import type { Face } from '@resmask/client';
import { annotateImage } from '@resmask/codecs';
import { percent } from './answer-view.js';

/** A colour per label, told apart by people who see few colours; grey for labels that are not FER2013's. */
const COLOURS: Readonly<Record<string, string>> = {
  angry: '#ff6b6b',
  disgust: '#9ccc65',
  fear: '#ba9cff',
  happy: '#ffd54f',
  sad: '#64b5f6',
  surprise: '#ff9e57',
  neutral: '#e0e0e0',
};

/** A picture with each face's box, expression and probability drawn on it. */
export function annotateFaces(
  encoded: Uint8Array,
  faces: readonly Face[],
  format: 'png' | 'jpeg' = 'png',
): Promise<Buffer> {
  const annotations = faces.flatMap(({ box, label, probability }) =>
    box ? [{ box, text: `${label} ${percent(probability)}`, colour: COLOURS[label] ?? '#cfcfcf' }] : [],
  );
  return annotateImage(encoded, annotations, format);
}
