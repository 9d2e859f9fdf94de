import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { StoredArtifact } from '../artifact-store.js';
import { checkedChunks } from '../checked-chunks.js';
import { PartLayout } from '../part-layout.js';
import type { StagedPart } from '../staged-uploads.js';
import { syncFolder, unlessMissing, writeDurably } from './durable-files.js';

const READ_CHUNK_BYTES = 1024 * 1024;

/** A part, and the file that has its bytes: one of its own, or else the upload's `data` at the part's place. */
export interface FolderPart extends StagedPart {
  readonly ownFile?: string;
}

/**
 * One staged upload in its folder. `data` has the size of the whole, and a part is written at its place in it by whoever creates
 * `claims/N` first; a claim is kept for good once the part is stored. Everybody else, such as a second sending while a first one
 * hangs, or one after a crash, writes a file of their own under `again/`. So no two writers touch the same bytes, and a part that was
 * answered is never overwritten in place. `parts/N` records a part after its bytes are durable.
 */
export class FolderUpload {
  private constructor(
    readonly folder: string,
    readonly layout: PartLayout,
  ) {}

  /** Creates an upload's folder at once and whole. @returns false if there is one already */
  static async create(folder: string, { size }: PartLayout): Promise<boolean> {
    const temporary = `${folder}.${randomUUID()}`;
    for (const name of ['claims', 'parts', 'again'])
      await mkdir(join(temporary, name), { recursive: true, mode: 0o750 });
    await writeFile(join(temporary, 'data'), '', { mode: 0o640 });
    await truncate(join(temporary, 'data'), size.sizeBytes);
    await writeDurably(join(temporary, 'upload.json'), JSON.stringify(size));
    try {
      await rename(temporary, folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (await FolderUpload.find(folder)) return false;
      throw error;
    }
    await syncFolder(dirname(folder));
    return true;
  }

  static async find(folder: string): Promise<FolderUpload | undefined> {
    const text = await unlessMissing(readFile(join(folder, 'upload.json'), 'utf8'));
    return text === undefined ? undefined : new FolderUpload(folder, PartLayout.of(JSON.parse(text)));
  }

  get id(): string {
    return basename(this.folder);
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  async write(partNumber: number, chunks: AsyncIterable<Uint8Array>, announced: StoredArtifact): Promise<void> {
    const { offset } = this.layout.place(partNumber, announced.sizeBytes);
    const checked = checkedChunks(chunks, announced, `part ${partNumber}`);
    const before = await this.#part(partNumber);
    const ownFile = !before && (await this.#claim(partNumber)) ? undefined : randomUUID();
    try {
      if (ownFile) await writeAll(join(this.folder, 'again', ownFile), 'wx', 0, checked);
      else await writeAll(this.data, 'r+', offset, checked);
    } catch (error) {
      await rm(ownFile ? join(this.folder, 'again', ownFile) : this.#claimOf(partNumber), { force: true });
      throw error;
    }
    if (ownFile) await syncFolder(join(this.folder, 'again'));
    const { sha256, sizeBytes } = announced;
    await writeDurably(this.#recordOf(partNumber), JSON.stringify({ sha256, sizeBytes, ownFile }));
    if (before?.ownFile) await rm(join(this.folder, 'again', before.ownFile), { force: true });
  }

  /** The stored parts, by number. @throws an ENOENT error if the upload is removed meanwhile. */
  async parts(): Promise<FolderPart[]> {
    const numbers = (await readdir(join(this.folder, 'parts'))).filter((name) => /^\d+$/.test(name)).map(Number);
    return Promise.all(numbers.sort((a, b) => a - b).map((partNumber) => this.#record(partNumber)));
  }

  read({ partNumber, ownFile }: FolderPart): AsyncIterable<Buffer> {
    if (ownFile) return createReadStream(join(this.folder, 'again', ownFile), { highWaterMark: READ_CHUNK_BYTES });
    const { offset, length } = this.layout.span(partNumber);
    return createReadStream(this.data, { start: offset, end: offset + length - 1, highWaterMark: READ_CHUNK_BYTES });
  }

  /** @returns whether the part's place in `data` is now this caller's alone */
  async #claim(partNumber: number): Promise<boolean> {
    try {
      await (await open(this.#claimOf(partNumber), 'wx')).close();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
    // A claim may be lost with the power, the record of its part is not; and it may have been stored a moment ago.
    return (await this.#part(partNumber)) === undefined;
  }

  async #part(partNumber: number): Promise<FolderPart | undefined> {
    return unlessMissing(this.#record(partNumber));
  }

  async #record(partNumber: number): Promise<FolderPart> {
    return { partNumber, ...JSON.parse(await readFile(this.#recordOf(partNumber), 'utf8')) };
  }

  #claimOf(partNumber: number): string {
    return join(this.folder, 'claims', String(partNumber));
  }

  #recordOf(partNumber: number): string {
    return join(this.folder, 'parts', String(partNumber));
  }
}

async function writeAll(path: string, flags: string, offset: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, flags, 0o640);
  let writing = Promise.resolve();
  try {
    let position = offset;
    // One chunk is written while the next one arrives and is hashed.
    for await (const chunk of chunks) {
      await writing;
      writing = writeAt(file, chunk, position);
      // It is awaited above or below; this only keeps a failure from counting as one that nobody sees until then.
      writing.catch(() => {});
      position += chunk.length;
    }
    await writing;
    await file.datasync();
  } finally {
    await writing.catch(() => {});
    await file.close();
  }
}

async function writeAt(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}
