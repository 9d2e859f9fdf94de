/** Injection tokens for what is a value or an interface, not a class. */
export const ARTIFACT_STORE = Symbol('ArtifactStore');
export const EVALUATION_LIMITS = Symbol('EvaluationLimits');

export interface EvaluationLimits {
  readonly maxDatasetBytes: number;
  readonly shardSize: number;
  /** Shards of a run this process scores at once. */
  readonly lanes: number;
}
