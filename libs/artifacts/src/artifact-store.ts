/** Bytes in a store: their lower-case hexadecimal sha256 and their size. */
export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
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

/** Bytes kept under their sha256, written once and never changed. */
export interface ArtifactStore {
  writer(maxBytes: number): Promise<ArtifactWriter>;
  has(sha256: string): Promise<boolean>;
  /**
   * Streams an artifact from its first byte.
   * @throws DomainError ARTIFACT_NOT_FOUND, or ARTIFACT_CORRUPT at the end if the bytes no longer have their digest.
   */
  read(sha256: string): AsyncIterable<Buffer>;
  /** Reads an artifact whole. @throws like `read`. */
  readAll(sha256: string): Promise<Buffer>;
}
