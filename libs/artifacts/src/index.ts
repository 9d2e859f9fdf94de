export type { ArtifactStore, ArtifactWriter, StoredArtifact } from './artifact-store.js';
export { FolderArtifactStore } from './folder-artifact-store.js';
