import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { UploadSource } from '@resmask/client';
import { fileSize } from './file-size.js';

/** A file to upload, as its version's manifest names it. */
export interface FileSource extends UploadSource {
  readonly path: string;
}

/** Reads a file once for its digest. @throws DomainError FILE_UNREADABLE. */
export async function openFileSource(file: string): Promise<FileSource> {
  const sizeBytes = await fileSize(file);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return {
    path: basename(file),
    sizeBytes,
    sha256: hash.digest('hex'),
    read: (offset, length) => createReadStream(file, { start: offset, end: offset + length - 1 }),
  };
}
