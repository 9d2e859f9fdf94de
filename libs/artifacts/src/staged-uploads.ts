import type { StoredArtifact } from './artifact-store.js';

/** How the bytes of a staged upload are cut: every part has `partBytes`, the last one what is left. */
export interface StagedSize {
  /** Bytes of the whole artifact, at least 1. */
  readonly sizeBytes: number;
  /** From 5 MiB to 5 GiB, and so large that there are at most 10,000 parts; one part alone may be smaller. */
  readonly partBytes: number;
}

/** A part that is stored durably. */
export interface StagedPart extends StoredArtifact {
  /** The first part has the number 1. */
  readonly partNumber: number;
}

/**
 * Artifacts that arrive in parts, in any order, over any number of connections and processes. An upload is known by a UUID its
 * caller chose; who may use it, and for how long, is the caller's business. A crash at any moment leaves the artifact wholly
 * visible or not at all, and every part that was answered.
 */
export interface StagedUploads {
  /**
   * Makes room for an upload; harmless again with the same size.
   * @throws DomainError FIELD_INVALID if the id is no UUID, the parts are too small, too large or too many, or the upload was begun
   * with another size.
   */
  stage(id: string, size: StagedSize): Promise<void>;
  /**
   * Stores one part; a part may be sent again, and the last one answered counts. The iterable must not reuse its buffers.
   * @throws DomainError UPLOAD_NOT_FOUND, FIELD_INVALID if the upload has no such part or it has another size, DIGEST_MISMATCH if the
   * bytes are not the announced ones; the part is then as it was before.
   */
  writePart(
    id: string,
    partNumber: number,
    chunks: AsyncIterable<Uint8Array>,
    announced: StoredArtifact,
  ): Promise<void>;
  /** The stored parts, by number. @throws DomainError UPLOAD_NOT_FOUND. */
  stagedParts(id: string): Promise<StagedPart[]>;
  /**
   * Verifies the whole and makes it visible under its digest; the staged parts are then gone. Completing again answers the same,
   * until `removeAbandoned` forgets the upload.
   * @throws DomainError UPLOAD_NOT_FOUND, UPLOAD_INCOMPLETE with the missing parts, DIGEST_MISMATCH, after which parts can be sent
   * again, or CONCURRENT_CHANGE if one was sent meanwhile.
   */
  completeStaged(id: string, expected: StoredArtifact): Promise<StoredArtifact>;
  /** Forgets an upload and its parts, if there is one. */
  abortStaged(id: string): Promise<void>;
  /** Forgets uploads and unfinished writers that got no byte for that long. @returns how many */
  removeAbandoned(olderThanMs: number): Promise<number>;
}
