import { createHash, randomUUID } from 'node:crypto';
import { artifactCorrupt, artifactNotFound } from '../artifact-errors.js';
import type { ArtifactStore, ArtifactWriter, ByteRange, ListedArtifact, StoredArtifact } from '../artifact-store.js';
import { byteSpan } from '../byte-span.js';
import { checkSha256, isSha256 } from '../check-names.js';
import type { StagedPart, StagedSize } from '../staged-uploads.js';
import { S3ArtifactWriter } from './s3-artifact-writer.js';
import { S3Bucket } from './s3-bucket.js';
import type { S3Settings } from './s3-settings.js';
import { S3Staging } from './s3-staging.js';

/**
 * Artifacts in a bucket of an S3-compatible server, under the same names as in a folder: `sha256/ab/abcd…`, `incoming/`, `staging/`
 * and `completed/`; `copies/` has what is being put together. An object appears under its digest in one request of the server.
 */
export class S3ArtifactStore implements ArtifactStore {
  readonly #bucket: S3Bucket;
  readonly #staging: S3Staging;

  private constructor(settings: S3Settings) {
    this.#bucket = new S3Bucket(settings);
    this.#staging = new S3Staging(this.#bucket, keyOf);
  }

  /** @throws DomainError CONFIG_INVALID if the bucket is not there or may not be used, SERVICE_UNAVAILABLE. */
  static async open(settings: S3Settings): Promise<S3ArtifactStore> {
    const store = new S3ArtifactStore(settings);
    await store.#bucket.check();
    return store;
  }

  async writer(maxBytes: number): Promise<ArtifactWriter> {
    return new S3ArtifactWriter(this.#bucket, `incoming/${randomUUID()}/`, keyOf, maxBytes);
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.stat(sha256)) !== undefined;
  }

  async stat(sha256: string): Promise<{ readonly sizeBytes: number } | undefined> {
    const found = await this.#bucket.head(keyOf(sha256));
    return found && { sizeBytes: found.sizeBytes };
  }

  async *read(sha256: string, range?: ByteRange): AsyncGenerator<Buffer> {
    if (range) yield* this.#readRange(sha256, range);
    else yield* this.#readWhole(sha256);
  }

  async readAll(sha256: string): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(this.read(sha256)));
  }

  async delete(sha256: string): Promise<void> {
    await this.#bucket.delete(keyOf(sha256));
  }

  async *list(): AsyncGenerator<ListedArtifact> {
    for await (const { key, sizeBytes, modifiedTime } of this.#bucket.list('sha256/')) {
      const sha256 = key.split('/').at(-1) ?? '';
      if (isSha256(sha256)) yield { sha256, sizeBytes, modifiedTime };
    }
  }

  stage(id: string, size: StagedSize): Promise<void> {
    return this.#staging.stage(id, size);
  }

  writePart(id: string, partNumber: number, chunks: AsyncIterable<Uint8Array>, part: StoredArtifact): Promise<void> {
    return this.#staging.writePart(id, partNumber, chunks, part);
  }

  stagedParts(id: string): Promise<StagedPart[]> {
    return this.#staging.stagedParts(id);
  }

  completeStaged(id: string, expected: StoredArtifact): Promise<StoredArtifact> {
    return this.#staging.completeStaged(id, expected);
  }

  abortStaged(id: string): Promise<void> {
    return this.#staging.abortStaged(id);
  }

  removeAbandoned(olderThanMs: number): Promise<number> {
    return this.#staging.removeAbandoned(olderThanMs);
  }

  async *#readWhole(sha256: string): AsyncGenerator<Buffer> {
    const bytes = await this.#bucket.get(keyOf(sha256));
    if (!bytes) throw artifactNotFound(sha256);
    const hash = createHash('sha256');
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
    const actual = hash.digest('hex');
    if (actual !== sha256) throw artifactCorrupt(sha256, `the digest ${actual}`);
  }

  async *#readRange(sha256: string, range: ByteRange): AsyncGenerator<Buffer> {
    const stored = await this.stat(sha256);
    if (!stored) throw artifactNotFound(sha256);
    const span = byteSpan(range, stored.sizeBytes);
    if (span.length === 0) return;
    const bytes = await this.#bucket.get(keyOf(sha256), span);
    if (!bytes) throw artifactNotFound(sha256);
    let missing = span.length;
    for await (const chunk of bytes) {
      missing -= chunk.length;
      yield chunk;
    }
    if (missing !== 0) throw artifactCorrupt(sha256, `other bytes than the ${stored.sizeBytes} it is said to have`);
  }
}

function keyOf(sha256: string): string {
  return `sha256/${checkSha256(sha256).slice(0, 2)}/${sha256}`;
}
