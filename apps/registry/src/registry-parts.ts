/** Injection tokens for what is a value or an interface, not a class. */
export const ARTIFACT_STORE = Symbol('ArtifactStore');
export const UPLOAD_LIMITS = Symbol('UploadLimits');

export interface UploadLimits {
  readonly maxArtifactBytes: number;
}
