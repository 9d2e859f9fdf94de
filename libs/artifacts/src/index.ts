export type { ArtifactStore, ArtifactWriter, ByteRange, ListedArtifact, StoredArtifact } from './artifact-store.js';
export { digestOfFile } from './folder/digest-of-file.js';
export { FolderArtifactStore } from './folder/folder-artifact-store.js';
export { openArtifactStore } from './open-artifact-store.js';
export type { S3Options } from './s3/s3-settings.js';
export type { StagedPart, StagedSize, StagedUploads } from './staged-uploads.js';
