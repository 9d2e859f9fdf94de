import type { SplitName } from './gate-rule.js';

/** A recorded evaluation, as far as gates look at it. */
export interface EvaluationFact {
  readonly protocolDigest: string;
  readonly datasetDigest: string;
  readonly predictionsDigest: string;
  readonly sampleCount: number;
  readonly correctCount: number;
  readonly finishTime: Date;
}

/** A recorded comparison with the version an alias points at. */
export interface ComparisonFact {
  readonly datasetDigest: string;
  readonly protocolDigest: string;
  readonly predictionsDigest: string;
  readonly baselinePredictionsDigest: string;
  readonly onlyVersionCorrect: number;
  readonly onlyBaselineCorrect: number;
}

/** The newest facts there are, told by who keeps them. */
export interface GateFacts {
  /** Resource name of the version that is to be promoted. */
  readonly version: string;
  /** Resource name of the version the alias points at. */
  readonly holder: string | undefined;
  evaluation(of: 'version' | 'holder', dataset: string, split: SplitName): Promise<EvaluationFact | undefined>;
  comparison(dataset: string, split: SplitName): Promise<ComparisonFact | undefined>;
  /** Approvers other than the publisher. */
  approvers(): Promise<readonly string[]>;
}
