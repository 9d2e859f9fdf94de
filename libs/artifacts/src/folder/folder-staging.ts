import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidField } from '@resmask/errors';
import { digestMismatch, uploadChanged, uploadIncomplete, uploadNotFound } from '../artifact-errors.js';
import type { ArtifactStore, StoredArtifact } from '../artifact-store.js';
import { checkSha256, checkUploadId } from '../check-names.js';
import { isSame } from '../is-same.js';
import { PartLayout } from '../part-layout.js';
import type { StagedPart, StagedSize, StagedUploads } from '../staged-uploads.js';
import { digestOfFile } from './digest-of-file.js';
import { isMissing, publishFile, unlessMissing, writeDurably } from './durable-files.js';
import { type FolderPart, FolderUpload } from './folder-upload.js';

/** Where a folder's staged uploads lie, and what it gives them of itself. */
interface FolderStagingParts {
  /** A folder per upload. */
  readonly uploads: string;
  /** Holds what is being written or removed; emptied by time. */
  readonly incoming: string;
  /** What uploads became: a small file per upload, until it is old. */
  readonly completed: string;
  readonly store: Pick<ArtifactStore, 'stat' | 'writer'>;
  path(sha256: string): string;
}

/** Staged uploads of a folder. Completing renames the file the parts were written to; only parts that were sent again make a copy. */
export class FolderStaging implements StagedUploads {
  constructor(readonly parts: FolderStagingParts) {}

  async stage(id: string, size: StagedSize): Promise<void> {
    const folder = this.#folderOf(id);
    const layout = PartLayout.of(size);
    if (await FolderUpload.create(folder, layout)) return;
    const begun = (await this.#find(id)).layout.size;
    if (begun.sizeBytes === size.sizeBytes && begun.partBytes === size.partBytes) return;
    throw invalidField(
      'size_bytes',
      `upload ${id} was begun with ${begun.sizeBytes} bytes in parts of ${begun.partBytes}, got ${size.sizeBytes} in ${size.partBytes}; begin another one`,
    );
  }

  async writePart(
    id: string,
    partNumber: number,
    chunks: AsyncIterable<Uint8Array>,
    announced: StoredArtifact,
  ): Promise<void> {
    checkSha256(announced.sha256);
    const upload = await this.#find(id);
    await unlessRemoved(id, upload.write(partNumber, chunks, announced));
  }

  async stagedParts(id: string): Promise<StagedPart[]> {
    const upload = await this.#find(id);
    const parts = await unlessRemoved(id, upload.parts());
    return parts.map(({ partNumber, sha256, sizeBytes }) => ({ partNumber, sha256, sizeBytes }));
  }

  async completeStaged(id: string, expected: StoredArtifact): Promise<StoredArtifact> {
    checkSha256(expected.sha256);
    const upload = await FolderUpload.find(this.#folderOf(id));
    try {
      if (!upload) return await this.#completedBefore(id, expected);
      await this.#publish(upload, expected);
    } catch (error) {
      // Completed at the same time by somebody else, or before a crash that came between the rename and the removal below.
      if (!isMissing(error)) throw error;
      await this.#completedBefore(id, expected);
    }
    await this.abortStaged(id);
    return { sha256: expected.sha256, sizeBytes: expected.sizeBytes };
  }

  async abortStaged(id: string): Promise<void> {
    await this.#remove(this.#folderOf(id));
  }

  async removeAbandoned(olderThanMs: number): Promise<number> {
    await this.#removeFrom(this.parts.completed, olderThanMs);
    return (await this.removeLeftovers(olderThanMs)) + (await this.#removeFrom(this.parts.uploads, olderThanMs));
  }

  /** Removes only what no caller can go on with: unfinished writers and removals. */
  removeLeftovers(olderThanMs: number): Promise<number> {
    return this.#removeFrom(this.parts.incoming, olderThanMs);
  }

  async #removeFrom(folder: string, olderThanMs: number): Promise<number> {
    const oldest = Date.now() - olderThanMs;
    let removed = 0;
    for (const name of await readdir(folder)) {
      if ((await newestChange(join(folder, name))) >= oldest) continue;
      await this.#remove(join(folder, name));
      removed += 1;
    }
    return removed;
  }

  async #publish(upload: FolderUpload, expected: StoredArtifact): Promise<void> {
    const parts = await upload.parts();
    const missing = upload.layout.missing(parts);
    if (missing.length > 0) throw uploadIncomplete(upload.id, missing);
    if (parts.some(({ ownFile }) => ownFile)) return this.#copy(upload, parts, expected);
    // Every claim is now that of a stored part, so nobody writes to the file any more, and it may become the artifact itself.
    const got = await digestOfFile(upload.data);
    if (!isSame(got, expected)) throw digestMismatch('file', got, expected);
    await this.#markCompleted(upload.id, expected);
    await publishFile(upload.data, this.parts.path(expected.sha256));
  }

  async #copy(upload: FolderUpload, parts: readonly FolderPart[], expected: StoredArtifact): Promise<void> {
    const writer = await this.parts.store.writer(upload.layout.size.sizeBytes);
    try {
      for (const part of parts) for await (const chunk of upload.read(part)) await writer.write(chunk);
      await writer.commit(expected);
      await this.#markCompleted(upload.id, expected);
    } finally {
      await writer.discard();
    }
  }

  /** Remembers what an upload became, so that nobody gets an artifact by completing an upload whose bytes were never sent. */
  #markCompleted(id: string, { sha256, sizeBytes }: StoredArtifact): Promise<void> {
    return writeDurably(join(this.parts.completed, id), JSON.stringify({ sha256, sizeBytes }));
  }

  async #completedBefore(id: string, expected: StoredArtifact): Promise<StoredArtifact> {
    const text = await unlessMissing(readFile(join(this.parts.completed, id), 'utf8'));
    if (text === undefined)
      throw (await FolderUpload.find(this.#folderOf(id))) ? uploadChanged(id) : uploadNotFound(id);
    const became: StoredArtifact = JSON.parse(text);
    if (!isSame(became, expected)) throw digestMismatch('file', became, expected);
    if (!(await this.parts.store.stat(became.sha256))) throw uploadNotFound(id);
    return became;
  }

  async #find(id: string): Promise<FolderUpload> {
    const upload = await FolderUpload.find(this.#folderOf(id));
    if (!upload) throw uploadNotFound(id);
    return upload;
  }

  /** Removes something at once for everybody who looks for it; its bytes go after that. */
  async #remove(path: string): Promise<void> {
    const gone = join(this.parts.incoming, randomUUID());
    try {
      await rename(path, gone);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return;
    }
    await rm(gone, { recursive: true, force: true, maxRetries: 3 });
  }

  #folderOf(id: string): string {
    return join(this.parts.uploads, checkUploadId(id));
  }
}

/** Says that an upload is gone when its files are, because it was completed or aborted meanwhile. */
async function unlessRemoved<Result>(id: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw isMissing(error) ? uploadNotFound(id) : error;
  }
}

/** When a file, or anything in a folder, last changed, in milliseconds since 1970; the far future if it is gone. */
async function newestChange(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return found.mtimeMs;
    const names = await readdir(path, { recursive: true });
    const times = await Promise.all(names.map(async (name) => (await stat(join(path, name))).mtimeMs));
    return Math.max(found.mtimeMs, ...times);
  } catch (error) {
    if (isMissing(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
