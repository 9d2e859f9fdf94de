import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DomainError } from '@resmask/errors';
import { readInput } from '../networks/shipped-weights.js';

/** One image to send: its encoded bytes, and what to call it when its answer is shown. */
export interface SourceFrame {
  readonly bytes: Buffer;
  readonly source: string;
}

const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp']);

/** The pictures of files and folders, folders in the order of their names. @throws DomainError FILE_UNREADABLE. */
export async function* readPictures(paths: readonly string[]): AsyncGenerator<SourceFrame> {
  for (const path of paths) {
    for (const file of await pictureFiles(path)) yield { bytes: await readInput(file), source: file };
  }
}

/** A picture itself, or the pictures of a folder in the order of their names. @throws DomainError FILE_UNREADABLE. */
export async function pictureFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DomainError(
      'FILE_UNREADABLE',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => PICTURES.has(extname(name).toLowerCase())).sort();
  if (names.length === 0)
    throw new DomainError('FILE_UNREADABLE', `${path} holds no ${[...PICTURES].join(', ')} files`);
  return names.map((name) => join(path, name));
}
