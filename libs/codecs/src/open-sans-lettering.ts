import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Lettering } from '@resmask/vision';
import opentype from 'opentype.js';

const FONT = '@fontsource/open-sans/files/open-sans-latin-600-normal.woff';

let loaded: Promise<Lettering> | undefined;

/** Open Sans as outlines: labels need no font on the machine. */
export function openSansLettering(): Promise<Lettering> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Lettering> {
  const file = await readFile(fileURLToPath(import.meta.resolve(FONT)));
  const font = opentype.parse(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
  return {
    width: (text, size) => font.getAdvanceWidth(text, size),
    path: (text, x, y, size) => font.getPath(text, x, y, size).toPathData(2),
  };
}
