import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ModelVersion, RegistryClient } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { specFromMessages } from '@resmask/spec-messages';
import { progress } from '../terminal/progress.js';
import { specPathOf, writeSpecFile } from './spec-file.js';

export interface DownloadedFile {
  readonly file: string;
  readonly sizeBytes: number;
}

/** Fetches every file of a version into a folder, and its specification. @throws DomainError DIGEST_MISMATCH; no file is half there. */
export async function downloadVersion(
  registry: RegistryClient,
  version: ModelVersion,
  folder: string,
): Promise<DownloadedFile[]> {
  const files: DownloadedFile[] = [];
  for (const { path, sizeBytes, sha256 } of version.files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    const bar = progress(`downloading ${path}`, sizeBytes, 'bytes');
    await fetchFile(registry.downloadModelFile(version.name, path), file, sha256, (received) =>
      bar.update(received),
    ).finally(() => bar.end());
    files.push({ file, sizeBytes });
  }
  await writeSpecFile(specPathOf(files[0].file), specFromMessages(version));
  return files;
}

async function fetchFile(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  sha256: string,
  tell: (received: number) => void,
): Promise<void> {
  const partial = `${file}.partial`;
  const hash = createHash('sha256');
  let received = 0;
  async function* checked(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      received += chunk.length;
      tell(received);
      yield chunk;
    }
  }
  try {
    await pipeline(checked(), createWriteStream(partial));
    const actual = hash.digest('hex');
    if (actual !== sha256)
      throw new DomainError(
        'DIGEST_MISMATCH',
        `${file}: got sha256 ${actual}, the version has ${sha256}; download it again`,
      );
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
