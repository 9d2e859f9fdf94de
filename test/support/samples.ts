import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A sample photograph of the npm package @vladmandic/face-api, from 1 to 6. */
export function samplePhoto(number: number): Promise<Buffer> {
  return readFile(new URL(`demo/sample${number}.jpg`, import.meta.resolve('@vladmandic/face-api/package.json')));
}

/** The folder with data that cannot be part of the project; undefined where it is not there. */
export const SHARED: string | undefined = (() => {
  const folder = process.env['RESMASK_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
  return existsSync(`${folder}/data`) ? folder : undefined;
})();
