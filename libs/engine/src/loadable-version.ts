import type { ModelSpec } from '@resmask/model-spec';

/** A version as the engine needs it: what computes, and how it is fed and read. */
export interface LoadableVersion {
  /** Resource name, for answers and messages. */
  readonly name: string;
  /** Digest over manifest and specification: equal digests compute the same. */
  readonly digest: string;
  /** An ensemble's is its first member's. */
  readonly spec: ModelSpec;
  /** The manifest: the ONNX graph first, then the files with its weights, if they are not inside. Empty for an ensemble. */
  readonly files: readonly LoadableFile[];
  /** An ensemble's members, which agree on their labels; absent or empty for a single version. */
  readonly members?: readonly EnsembleMember[];
}

/** A single version and its share of the mean, relative to the others. */
export interface EnsembleMember {
  readonly version: LoadableVersion;
  readonly weight: number;
}

export interface LoadableFile {
  /** Relative path in the manifest. */
  readonly path: string;
  /** Where it lies in the artifact cache. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** The single versions that compute: the version itself, or its members. */
export function computingVersions(version: LoadableVersion): readonly EnsembleMember[] {
  return version.members && version.members.length > 0 ? version.members : [{ version, weight: 1 }];
}
