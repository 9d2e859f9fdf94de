import { ConfusionMatrix, type Proportion, wilson } from '@resmask/metrics';

/** What a run found, as it is stored. */
export interface RunReport {
  readonly accuracy: Proportion;
  readonly labels: readonly string[];
  /** Rows are true labels, columns predicted ones. */
  readonly countsByTrueThenPredicted: readonly (readonly number[])[];
}

/** Number of samples of each pair of labels. */
export interface LabelPairCount {
  readonly trueLabel: number;
  readonly predictedLabel: number;
  readonly count: number;
}

export function makeReport(labels: readonly string[], pairs: readonly LabelPairCount[]): RunReport {
  const matrix = new ConfusionMatrix(labels);
  for (const { trueLabel, predictedLabel, count } of pairs) matrix.add(trueLabel, predictedLabel, count);
  return {
    accuracy: wilson(matrix.correct, matrix.total),
    labels,
    countsByTrueThenPredicted: matrix.countsByTrueThenPredicted,
  };
}
