import type { ModelSpec } from '@resmask/model-spec';

/** A version as the engine needs it: what computes, and how it is fed and read. */
export interface LoadableVersion {
  /** Resource name, for answers and messages. */
  readonly name: string;
  /** Digest over manifest and specification: equal digests compute the same. */
  readonly digest: string;
  readonly spec: ModelSpec;
  /** The ONNX file's sha256 in the artifact cache. */
  readonly modelSha256: string;
  readonly sizeBytes: number;
  /** The ONNX file's path in the manifest. */
  readonly modelPath: string;
}
