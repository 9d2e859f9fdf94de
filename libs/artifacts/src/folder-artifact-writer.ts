import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DomainError } from '@resmask/errors';
import type { ArtifactWriter, StoredArtifact } from './artifact-store.js';

/** Writes one artifact to a temporary file and moves it to its digest's place when it is whole. */
export class FolderArtifactWriter implements ArtifactWriter {
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;
  #open = true;

  private constructor(
    readonly path: string,
    readonly target: (sha256: string) => string,
    readonly maxBytes: number,
    readonly file: FileHandle,
  ) {}

  static async open(path: string, target: (sha256: string) => string, maxBytes: number): Promise<FolderArtifactWriter> {
    return new FolderArtifactWriter(path, target, maxBytes, await open(path, 'wx', 0o640));
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.maxBytes) {
      throw new DomainError(
        'ARTIFACT_TOO_LARGE',
        `the file has more than ${this.maxBytes} bytes, the most that is allowed here`,
      );
    }
    this.#hash.update(chunk);
    await this.file.writeFile(chunk);
  }

  async commit(expected?: StoredArtifact): Promise<StoredArtifact> {
    const stored = { sha256: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
    if (expected && (expected.sha256 !== stored.sha256 || expected.sizeBytes !== stored.sizeBytes)) {
      await this.discard();
      throw new DomainError(
        'DIGEST_MISMATCH',
        `got ${stored.sizeBytes} bytes with sha256 ${stored.sha256}, announced were ${expected.sizeBytes} bytes with ${expected.sha256}; upload the file again`,
      );
    }
    await this.file.sync();
    await this.#close();
    const target = this.target(stored.sha256);
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    // Also when the digest is there already: the same bytes again do no harm, and heal a damaged file.
    await rename(this.path, target);
    await syncFolder(dirname(target));
    await syncFolder(dirname(dirname(target)));
    return stored;
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.file.close();
  }
}

/** Makes the names in a folder durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
