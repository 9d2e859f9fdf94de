import type { Hash } from 'node:crypto';
import { invalidField } from '@resmask/errors';
import { digestMismatch, uploadChanged, uploadIncomplete, uploadNotFound } from '../artifact-errors.js';
import type { StoredArtifact } from '../artifact-store.js';
import { checkSha256, checkUploadId } from '../check-names.js';
import { checkedChunks } from '../checked-chunks.js';
import { isSame } from '../is-same.js';
import { PartLayout } from '../part-layout.js';
import type { StagedPart, StagedSize, StagedUploads } from '../staged-uploads.js';
import { composeObject, removeUnfinishedCopies } from './compose-object.js';
import { inParallel } from './in-parallel.js';
import { RunningDigest } from './running-digest.js';
import type { S3Bucket, S3Object } from './s3-bucket.js';

const REQUESTS_AT_ONCE = 16;
/** Uploads whose digest is kept while their parts come; the oldest one more is read back when it is completed. */
const MAX_RUNNING_DIGESTS = 1000;

type S3Part = StagedPart & S3Object;

/**
 * Staged uploads of a bucket. Every part is an object, `staging/ID/parts/N`, which the server replaces as a whole; the parts of an
 * S3 multipart upload could not be read back to verify them before anybody sees them. Completing has the server copy them into one.
 */
export class S3Staging implements StagedUploads {
  readonly #running = new Map<string, RunningDigest>();

  constructor(
    readonly bucket: S3Bucket,
    readonly keyOf: (sha256: string) => string,
  ) {}

  async stage(id: string, size: StagedSize): Promise<void> {
    checkUploadId(id);
    const { sizeBytes, partBytes } = PartLayout.of(size).size;
    const begun = (await this.#find(id))?.size;
    if (!begun) {
      await this.bucket.put(uploadKey(id), Buffer.from(JSON.stringify({ sizeBytes, partBytes })));
    } else if (begun.sizeBytes !== sizeBytes || begun.partBytes !== partBytes) {
      throw invalidField(
        'size_bytes',
        `upload ${id} was begun with ${begun.sizeBytes} bytes in parts of ${begun.partBytes}, got ${sizeBytes} in ${partBytes}; begin another one`,
      );
    }
  }

  async writePart(
    id: string,
    partNumber: number,
    chunks: AsyncIterable<Uint8Array>,
    { sha256, sizeBytes }: StoredArtifact,
  ): Promise<void> {
    const announced = { sha256: checkSha256(sha256), sizeBytes };
    (await this.#get(id)).place(partNumber, sizeBytes);
    const running = this.#digestOf(id);
    const hash = running.next(partNumber);
    const checked = checkedChunks(chunks, announced, `part ${partNumber}`);
    await this.bucket.putStream(partKey(id, partNumber), hash ? hashed(checked, hash) : checked, announced);
    if (hash) running.accept({ partNumber, ...announced }, hash);
  }

  async stagedParts(id: string): Promise<StagedPart[]> {
    await this.#get(id);
    const parts = await this.#parts(id);
    return parts.map(({ partNumber, sha256, sizeBytes }) => ({ partNumber, sha256, sizeBytes }));
  }

  async completeStaged(id: string, { sha256, sizeBytes }: StoredArtifact): Promise<StoredArtifact> {
    const expected = { sha256: checkSha256(sha256), sizeBytes };
    const layout = await this.#find(checkUploadId(id));
    // False if it was completed by somebody else meanwhile.
    const published = layout !== undefined && (await this.#publish(id, layout, expected));
    if (!published) await this.#completedBefore(id, expected);
    await this.abortStaged(id);
    return expected;
  }

  async abortStaged(id: string): Promise<void> {
    this.#running.delete(checkUploadId(id));
    // First, so that parts are never missing from an upload that looks alive.
    await this.bucket.delete(uploadKey(id));
    await this.#deleteAll(`staging/${id}/`);
  }

  async removeAbandoned(olderThanMs: number): Promise<number> {
    const oldest = Date.now() - olderThanMs;
    await removeUnfinishedCopies(this.bucket, oldest);
    let removed = 0;
    for (const folder of ['staging/', 'incoming/', 'completed/']) {
      for (const [name, newest] of await this.#newestChanges(folder)) {
        if (newest >= oldest) continue;
        await this.#deleteAll(`${folder}${name}`);
        if (folder !== 'completed/') removed += 1;
      }
    }
    return removed;
  }

  async #publish(id: string, layout: PartLayout, expected: StoredArtifact): Promise<boolean> {
    const parts = await this.#parts(id);
    const missing = layout.missing(parts);
    if (missing.length > 0) {
      if (await this.#find(id)) throw uploadIncomplete(id, missing);
      return false;
    }
    const got = { sha256: await this.#digest(id, parts), sizeBytes: layout.size.sizeBytes };
    if (!isSame(got, expected)) throw digestMismatch('file', got, expected);
    // Only the very objects whose bytes were verified are copied.
    if (!(await composeObject(this.bucket, this.keyOf(expected.sha256), parts))) return false;
    await this.bucket.put(completedKey(id), Buffer.from(JSON.stringify(expected)));
    return true;
  }

  /** The digest of all parts; those that did not pass through this process in order are read back. */
  async #digest(id: string, parts: readonly S3Part[]): Promise<string> {
    const { hash, count } = this.#digestOf(id).over(parts);
    for (const { key } of parts.slice(count)) {
      const bytes = await this.bucket.get(key);
      if (!bytes) throw uploadChanged(id);
      for await (const chunk of bytes) hash.update(chunk);
    }
    return hash.digest('hex');
  }

  async #parts(id: string): Promise<S3Part[]> {
    const listed = await Array.fromAsync(this.bucket.list(`staging/${id}/parts/`));
    const parts = await inParallel(REQUESTS_AT_ONCE, listed, async ({ key }) => {
      const found = await this.bucket.head(key);
      return found?.sha256 ? { ...found, sha256: found.sha256, partNumber: Number(key.split('/').at(-1)) } : undefined;
    });
    return parts.filter((part) => part !== undefined).sort((a, b) => a.partNumber - b.partNumber);
  }

  async #completedBefore(id: string, expected: StoredArtifact): Promise<void> {
    const text = await this.bucket.getText(completedKey(id));
    if (text === undefined) throw (await this.#find(id)) ? uploadChanged(id) : uploadNotFound(id);
    const became: StoredArtifact = JSON.parse(text);
    if (!isSame(became, expected)) throw digestMismatch('file', became, expected);
    if (!(await this.bucket.head(this.keyOf(became.sha256)))) throw uploadNotFound(id);
  }

  async #get(id: string): Promise<PartLayout> {
    const found = await this.#find(checkUploadId(id));
    if (!found) throw uploadNotFound(id);
    return found;
  }

  async #find(id: string): Promise<PartLayout | undefined> {
    const text = await this.bucket.getText(uploadKey(id));
    return text === undefined ? undefined : PartLayout.of(JSON.parse(text));
  }

  #digestOf(id: string): RunningDigest {
    const running = this.#running.get(id) ?? new RunningDigest();
    this.#running.delete(id);
    this.#running.set(id, running);
    if (this.#running.size > MAX_RUNNING_DIGESTS) this.#running.delete([...this.#running.keys()][0]);
    return running;
  }

  async #newestChanges(folder: string): Promise<Map<string, number>> {
    const newest = new Map<string, number>();
    for await (const { key, modifiedTime } of this.bucket.list(folder)) {
      const name = key.slice(folder.length).replace(/\/.*/, '/');
      newest.set(name, Math.max(newest.get(name) ?? 0, modifiedTime.getTime()));
    }
    return newest;
  }

  async #deleteAll(begin: string): Promise<void> {
    const objects = await Array.fromAsync(this.bucket.list(begin));
    await inParallel(REQUESTS_AT_ONCE, objects, ({ key }) => this.bucket.delete(key));
  }
}

function uploadKey(id: string): string {
  return `staging/${id}/upload.json`;
}

function partKey(id: string, partNumber: number): string {
  return `staging/${id}/parts/${partNumber}`;
}

function completedKey(id: string): string {
  return `completed/${id}`;
}

async function* hashed<Chunk extends Uint8Array>(chunks: AsyncIterable<Chunk>, hash: Hash): AsyncGenerator<Chunk> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
