import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { artifactCorrupt, artifactNotFound } from '../artifact-errors.js';
import type { ArtifactStore, ArtifactWriter, ByteRange, ListedArtifact, StoredArtifact } from '../artifact-store.js';
import { byteSpan } from '../byte-span.js';
import { checkSha256, isSha256 } from '../check-names.js';
import type { StagedPart, StagedSize } from '../staged-uploads.js';
import { isMissing, unlessMissing } from './durable-files.js';
import { FolderArtifactWriter } from './folder-artifact-writer.js';
import { FolderStaging } from './folder-staging.js';

const READ_CHUNK_BYTES = 256 * 1024;
/** What nobody can go on with and has not grown for a day was left by a crash. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Artifacts in a folder: `sha256/ab/abcd…` for what is stored, `incoming/` for what is being written, `staging/` for what arrives in
 * parts. A file appears under its digest by a rename after fsync, so a crash leaves it whole or not at all.
 */
export class FolderArtifactStore implements ArtifactStore {
  readonly #staging: FolderStaging;

  private constructor(readonly folder: string) {
    this.#staging = new FolderStaging({
      uploads: join(folder, 'staging'),
      incoming: this.#incoming,
      completed: join(folder, 'completed'),
      store: this,
      path: (sha256) => this.path(sha256),
    });
  }

  /** Creates the folder if needed and removes what crashed writers left; staged uploads stay. */
  static async open(folder: string): Promise<FolderArtifactStore> {
    const store = new FolderArtifactStore(folder);
    for (const name of ['sha256', 'incoming', 'staging', 'completed']) {
      await mkdir(join(folder, name), { recursive: true, mode: 0o750 });
    }
    await store.#staging.removeLeftovers(ABANDONED_AFTER_MS);
    return store;
  }

  async writer(maxBytes: number): Promise<ArtifactWriter> {
    return FolderArtifactWriter.open(join(this.#incoming, randomUUID()), (sha256) => this.path(sha256), maxBytes);
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.stat(sha256)) !== undefined;
  }

  async stat(sha256: string): Promise<{ readonly sizeBytes: number } | undefined> {
    const found = await unlessMissing(stat(this.path(sha256)));
    return found && { sizeBytes: found.size };
  }

  async *read(sha256: string, range?: ByteRange): AsyncGenerator<Buffer> {
    if (range) yield* this.#readRange(sha256, range);
    else yield* this.#readWhole(sha256);
  }

  async readAll(sha256: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(sha256)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async delete(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
  }

  async *list(): AsyncGenerator<ListedArtifact> {
    const root = join(this.folder, 'sha256');
    for (const group of await readdir(root)) {
      for (const sha256 of (await readdir(join(root, group))).filter(isSha256)) {
        const found = await unlessMissing(stat(this.path(sha256)));
        if (found) yield { sha256, sizeBytes: found.size, modifiedTime: found.mtime };
      }
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

  /** Where an artifact lies or would lie. @throws DomainError FIELD_INVALID if it is no sha256. */
  path(sha256: string): string {
    return join(this.folder, 'sha256', checkSha256(sha256).slice(0, 2), sha256);
  }

  get #incoming(): string {
    return join(this.folder, 'incoming');
  }

  async *#readWhole(sha256: string): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(this.path(sha256), { highWaterMark: READ_CHUNK_BYTES })) {
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      throw isMissing(error) ? artifactNotFound(sha256) : error;
    }
    const actual = hash.digest('hex');
    if (actual !== sha256) throw artifactCorrupt(sha256, `the digest ${actual}`);
  }

  async *#readRange(sha256: string, range: ByteRange): AsyncGenerator<Buffer> {
    const stored = await this.stat(sha256);
    if (!stored) throw artifactNotFound(sha256);
    const { offset, length } = byteSpan(range, stored.sizeBytes);
    if (length === 0) return;
    let missing = length;
    const options = { start: offset, end: offset + length - 1, highWaterMark: READ_CHUNK_BYTES };
    try {
      for await (const chunk of createReadStream(this.path(sha256), options)) {
        missing -= chunk.length;
        yield chunk;
      }
    } catch (error) {
      // It may have been deleted since the look at its size.
      throw isMissing(error) ? artifactNotFound(sha256) : error;
    }
    if (missing > 0) throw artifactCorrupt(sha256, `${offset + length - missing} bytes instead of ${stored.sizeBytes}`);
  }
}
