import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFile, FolderArtifactStore } from '@resmask/artifacts';
import type { ModelSource } from './model-source.js';
import { runStaging } from './run-staging.js';
import { readStagedRecord, type StagedRecord } from './staged-record.js';
import { stagingKey } from './staging-key.js';
import type { StagingOrder } from './staging-messages.js';

const UNFINISHED = 'unfinished-';
/** What is older was left by a crash. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/**
 * A version's model as it is opened here, from the folder `staged` of the artifact cache: written at the first load, verified by its own
 * digests at every one, and removed when an artifact it was made of has left the cache.
 * @throws DomainError NOT_ONNX, GRAPH_SPEC_MISMATCH, WEIGHTS_INVALID, MODEL_UNLOADABLE, ARTIFACT_CORRUPT or ARTIFACT_NOT_FOUND.
 */
export async function stagedModel(order: StagingOrder): Promise<ModelSource> {
  const root = join(order.cacheFolder, 'staged');
  const folder = join(root, stagingKey(order.files, order.purpose, order.provider));
  const found = await verified(folder);
  if (found) return found;
  await mkdir(root, { recursive: true, mode: 0o750 });
  await removeOrphans(root, order.cacheFolder);
  await rm(folder, { recursive: true, force: true });
  const unfinished = join(root, `${UNFINISHED}${randomUUID()}`);
  await mkdir(unfinished, { mode: 0o750 });
  try {
    await runStaging({ ...order, folder: unfinished });
    await place(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  const record = await readStagedRecord(folder);
  if (!record) throw new Error(`${folder} is gone while it is loaded`);
  return sourceOf(folder, record);
}

/** Somebody else may have staged the same meanwhile, as good as this. */
async function place(unfinished: string, folder: string): Promise<void> {
  try {
    await rename(unfinished, folder);
  } catch (error) {
    if (!(await verified(folder))) throw error;
  }
}

/** Undefined where nothing is staged, or where its bytes are no longer what they were. */
async function verified(folder: string): Promise<ModelSource | undefined> {
  const record = await readStagedRecord(folder);
  if (!record) return undefined;
  for (const { name, sha256 } of record.files) {
    const digest = await digestOfFile(join(folder, name)).catch(() => undefined);
    if (digest?.sha256 !== sha256) return undefined;
  }
  return sourceOf(folder, record);
}

function sourceOf(folder: string, { files, optimized, facts }: StagedRecord): ModelSource {
  return { model: join(folder, files[0].name), optimized, facts };
}

/** Removes models whose artifacts are gone, and what crashes left. Sessions that have such a file open keep it. */
async function removeOrphans(root: string, cacheFolder: string): Promise<void> {
  const cache = await FolderArtifactStore.open(cacheFolder);
  for (const name of await readdir(root)) {
    const folder = join(root, name);
    if (await isOrphan(name, folder, cache)) await rm(folder, { recursive: true, force: true });
  }
}

async function isOrphan(name: string, folder: string, cache: FolderArtifactStore): Promise<boolean> {
  if (name.startsWith(UNFINISHED)) {
    const found = await stat(folder).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
  }
  const record = await readStagedRecord(folder);
  if (!record) return true;
  const kept = await Promise.all(record.artifacts.map((sha256) => cache.has(sha256)));
  return kept.includes(false);
}
