export type { ArtifactStore, ArtifactWriter, ByteRange, ListedArtifact, StoredArtifact } from './artifact-store.js';
export { FolderArtifactStore } from './folder/folder-artifact-store.js';
export type { StagedPart, StagedSize, StagedUploads } from './staged-uploads.js';
