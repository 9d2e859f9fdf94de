import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { artifactTooLarge, digestMismatch } from '../artifact-errors.js';
import type { ArtifactWriter, StoredArtifact } from '../artifact-store.js';
import { isSame } from '../is-same.js';
import { publishFile } from './durable-files.js';

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
    if (this.#sizeBytes > this.maxBytes) throw artifactTooLarge(this.maxBytes);
    this.#hash.update(chunk);
    await this.file.writeFile(chunk);
  }

  async commit(expected?: StoredArtifact): Promise<StoredArtifact> {
    const stored = { sha256: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
    if (expected && !isSame(expected, stored)) {
      await this.discard();
      throw digestMismatch('file', stored, expected);
    }
    await this.#close();
    // Also when the digest is there already: the same bytes again do no harm, and heal a damaged file.
    await publishFile(this.path, this.target(stored.sha256));
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
