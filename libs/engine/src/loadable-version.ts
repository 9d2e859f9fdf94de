import type { ModelSpec } from '@resmask/model-spec';

/** A version as the engine needs it: what computes, and how it is fed and read. */
export interface LoadableVersion {
  /** Resource name, for answers and messages. */
  readonly name: string;
  /** Digest over manifest and specification: equal digests compute the same. */
  readonly digest: string;
  readonly spec: ModelSpec;
  /** The manifest: the ONNX graph first, then the files with its weights, if they are not inside. */
  readonly files: readonly LoadableFile[];
}

export interface LoadableFile {
  /** Relative path in the manifest. */
  readonly path: string;
  /** Where it lies in the artifact cache. */
  readonly sha256: string;
  readonly sizeBytes: number;
}
