import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** What reading a file gives, or undefined if there is no such file. */
export async function unlessMissing<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a small file so that after a crash it is there whole, or as it was before. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o640);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Moves a finished file to its lasting place, durably, with the time of this moment; what lies there is replaced. */
export async function publishFile(from: string, to: string): Promise<void> {
  const file = await open(from, 'r+');
  try {
    const now = new Date();
    // Its last byte may have come long ago, and whoever collects garbage goes by this time.
    await file.utimes(now, now);
    await file.sync();
  } finally {
    await file.close();
  }
  const folder = dirname(to);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  await rename(from, to);
  await syncFolder(folder);
  await syncFolder(dirname(folder));
}
