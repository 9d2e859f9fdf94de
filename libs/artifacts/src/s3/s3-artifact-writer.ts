import { createHash } from 'node:crypto';
import { artifactTooLarge, digestMismatch } from '../artifact-errors.js';
import type { ArtifactWriter, StoredArtifact } from '../artifact-store.js';
import { isSame } from '../is-same.js';
import { composeObject } from './compose-object.js';
import type { S3Bucket, S3Object } from './s3-bucket.js';

const BLOCK_BYTES = 8 * 1024 * 1024;
const MAX_BLOCKS = 10_000;

/**
 * Writes one artifact. What fits in a block is put under its digest in one request; of more, each block becomes an object under
 * `folder`, and the server makes one of them.
 */
export class S3ArtifactWriter implements ArtifactWriter {
  readonly #hash = createHash('sha256');
  readonly #blockBytes: number;
  readonly #blocks: S3Object[] = [];
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #sizeBytes = 0;

  constructor(
    readonly bucket: S3Bucket,
    /** A key prefix of its own, with a slash at its end. */
    readonly folder: string,
    readonly keyOf: (sha256: string) => string,
    readonly maxBytes: number,
  ) {
    this.#blockBytes = Math.max(BLOCK_BYTES, Math.ceil(maxBytes / MAX_BLOCKS));
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.maxBytes) throw artifactTooLarge(this.maxBytes);
    this.#hash.update(chunk);
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= this.#blockBytes) await this.#flush();
  }

  async commit(expected?: StoredArtifact): Promise<StoredArtifact> {
    const stored = { sha256: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
    if (expected && !isSame(expected, stored)) {
      await this.discard();
      throw digestMismatch('file', stored, expected);
    }
    const key = this.keyOf(stored.sha256);
    if (this.#blocks.length === 0) {
      await this.bucket.put(key, Buffer.concat(this.#pending));
    } else {
      if (this.#pendingBytes > 0) await this.#flush();
      if (!(await composeObject(this.bucket, key, this.#blocks))) {
        throw new Error(`blocks under ${this.folder} were removed while they were being written`);
      }
    }
    await this.discard();
    return stored;
  }

  async discard(): Promise<void> {
    this.#pending = [];
    for (const { key } of this.#blocks.splice(0)) await this.bucket.delete(key);
  }

  async #flush(): Promise<void> {
    const block = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#blocks.push(await this.bucket.put(`${this.folder}${this.#blocks.length}`, block));
  }
}
