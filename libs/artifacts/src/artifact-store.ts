import type { StagedUploads } from './staged-uploads.js';

/** Bytes in a store: their lower-case hexadecimal sha256 and their size. */
export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** An artifact as a listing shows it. */
export interface ListedArtifact extends StoredArtifact {
  /** When its bytes were last committed; the same bytes committed again count anew. */
  readonly modifiedTime: Date;
}

/** A part of an artifact. */
export interface ByteRange {
  /** First byte, from 0 to the artifact's size; 0 if absent. */
  readonly offset?: number;
  /** Most bytes to read; all that follow if absent. */
  readonly length?: number;
}

/** Takes the bytes of one artifact; nothing is visible in the store before `commit`. */
export interface ArtifactWriter {
  /** @throws DomainError ARTIFACT_TOO_LARGE beyond the writer's limit. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the artifact durable under its sha256. With `expected`, only if size and digest are those.
   * @throws DomainError DIGEST_MISMATCH if they are not; the bytes are then gone.
   */
  commit(expected?: StoredArtifact): Promise<StoredArtifact>;
  /** Forgets what was written; harmless after `commit`. */
  discard(): Promise<void>;
}

/**
 * Bytes kept under their sha256, written once and never changed. Equal bytes are stored once, and committing them again heals a
 * damaged copy. Every method throws DomainError FIELD_INVALID for what is no sha256.
 */
export interface ArtifactStore extends StagedUploads {
  writer(maxBytes: number): Promise<ArtifactWriter>;
  has(sha256: string): Promise<boolean>;
  /** What is known of an artifact without reading it, or undefined if there is none. */
  stat(sha256: string): Promise<{ readonly sizeBytes: number } | undefined>;
  /**
   * Streams an artifact. Without a range its digest is verified at the end; of a range only the number of bytes is.
   * @throws DomainError ARTIFACT_NOT_FOUND, FIELD_INVALID if the range begins beyond the end, or ARTIFACT_CORRUPT at the end if the
   * bytes no longer have their digest or are too few.
   */
  read(sha256: string, range?: ByteRange): AsyncIterable<Buffer>;
  /** Reads an artifact whole. @throws like `read`. */
  readAll(sha256: string): Promise<Buffer>;
  /** Removes an artifact, if it is there. Nobody is asked: who refers to it is the caller's knowledge. */
  delete(sha256: string): Promise<void>;
  /** Every artifact, in no order; one that comes or goes meanwhile may be missing. */
  list(): AsyncIterable<ListedArtifact>;
}
