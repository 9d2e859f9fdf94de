import type { StoredArtifact } from './artifact-store.js';

export function isSame(a: StoredArtifact, b: StoredArtifact): boolean {
  return a.sha256 === b.sha256 && a.sizeBytes === b.sizeBytes;
}
