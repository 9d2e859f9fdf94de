import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@resmask/errors';
import type { ArtifactStore, ArtifactWriter } from './artifact-store.js';
import { FolderArtifactWriter } from './folder-artifact-writer.js';

const SHA256 = /^[0-9a-f]{64}$/;
const READ_CHUNK_BYTES = 256 * 1024;
/** An upload that has not grown for a day was abandoned. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Artifacts in a folder: `sha256/ab/abcd…` for what is stored, `incoming/` for what is being written. A file appears under its
 * digest by a rename after fsync, so a crash leaves it whole or not at all.
 */
export class FolderArtifactStore implements ArtifactStore {
  private constructor(readonly folder: string) {}

  /** Creates the folder if needed and removes what abandoned uploads left. */
  static async open(folder: string): Promise<FolderArtifactStore> {
    const store = new FolderArtifactStore(folder);
    await mkdir(join(folder, 'sha256'), { recursive: true, mode: 0o750 });
    await mkdir(store.#incoming, { recursive: true, mode: 0o750 });
    await store.#removeAbandoned();
    return store;
  }

  async writer(maxBytes: number): Promise<ArtifactWriter> {
    return FolderArtifactWriter.open(join(this.#incoming, randomUUID()), (sha256) => this.path(sha256), maxBytes);
  }

  async has(sha256: string): Promise<boolean> {
    return access(this.path(sha256)).then(
      () => true,
      () => false,
    );
  }

  async *read(sha256: string): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(this.path(sha256), { highWaterMark: READ_CHUNK_BYTES })) {
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      throw isMissing(error) ? notFound(sha256) : error;
    }
    const actual = hash.digest('hex');
    if (actual !== sha256) throw corrupt(sha256, actual);
  }

  async readAll(sha256: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(sha256)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Where an artifact lies or would lie. @throws DomainError FIELD_INVALID if it is no sha256. */
  path(sha256: string): string {
    if (!SHA256.test(sha256)) {
      throw new DomainError('FIELD_INVALID', `"${sha256}" is no sha256: 64 lower-case hexadecimal digits are needed`);
    }
    return join(this.folder, 'sha256', sha256.slice(0, 2), sha256);
  }

  get #incoming(): string {
    return join(this.folder, 'incoming');
  }

  async #removeAbandoned(): Promise<void> {
    const oldest = Date.now() - ABANDONED_AFTER_MS;
    for (const name of await readdir(this.#incoming)) {
      const path = join(this.#incoming, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < oldest) await rm(path, { force: true });
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function notFound(sha256: string): DomainError {
  return new DomainError('ARTIFACT_NOT_FOUND', `the store has no artifact ${sha256}`, {
    resource: { type: 'artifact', name: sha256 },
  });
}

function corrupt(sha256: string, actual: string): DomainError {
  return new DomainError(
    'ARTIFACT_CORRUPT',
    `artifact ${sha256} now has the digest ${actual}: its bytes changed in the store. Restore it from a backup or upload it again.`,
    { resource: { type: 'artifact', name: sha256 } },
  );
}
