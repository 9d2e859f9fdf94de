import type { LoadableVersion } from '@resmask/engine';
import { DomainError } from '@resmask/errors';

/**
 * For each label of a data set, its position in the model's output: models may name the same labels in another order.
 * @throws DomainError TASK_MISMATCH if the model classifies nothing, LABELS_MISMATCH if the labels differ.
 */
export function labelOrder({ name, spec }: LoadableVersion, labels: readonly string[]): number[] {
  if (spec.output.task !== 'expression')
    throw new DomainError('TASK_MISMATCH', `${name} finds faces; only classifiers can be scored`);
  const positions = labels.map((label) => (spec.output.task === 'expression' ? spec.output.labels.indexOf(label) : -1));
  if (spec.output.labels.length !== labels.length || positions.includes(-1)) {
    throw new DomainError(
      'LABELS_MISMATCH',
      `${name} has the labels ${spec.output.labels.join(', ')}; the data set has ${labels.join(', ')}`,
    );
  }
  return positions;
}
