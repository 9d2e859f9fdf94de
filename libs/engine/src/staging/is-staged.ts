import type { LoadableFile } from '../loadable-version.js';

/** Smaller models are staged in memory at every load: that takes less time than another process takes to start. */
const STAGED_FROM_BYTES = 16 * 1024 * 1024;

/** Whether a version's model is staged in the cache's folder, where all its sessions share the weights. */
export function isStaged(files: readonly LoadableFile[]): boolean {
  return weightBytes(files) >= STAGED_FROM_BYTES;
}

/** Bytes of a version's files, which are nearly all weights. */
export function weightBytes(files: readonly LoadableFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
