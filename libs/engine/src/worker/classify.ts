import { DomainError } from '@resmask/errors';
import { softmax } from '@resmask/tensor';
import type { LoadedModel } from './loaded-model.js';

/** Images per run: enough to fill a core's vector units, small enough to bound memory. */
const MAX_BATCH = 32;

/**
 * Probabilities of prepared images, one row per image in the order of the model's labels.
 * @throws DomainError TASK_MISMATCH if the model is no classifier.
 */
export async function classify(model: LoadedModel, images: Uint8Array): Promise<number[][]> {
  const { output } = model.spec;
  if (output.task !== 'expression')
    throw new DomainError('TASK_MISMATCH', `${model.name} finds faces; a classifier is needed here`);
  const rows: number[][] = [];
  const { imageBytes } = model;
  const count = images.length / imageBytes;
  for (let start = 0; start < count; start += MAX_BATCH) {
    const size = Math.min(MAX_BATCH, count - start);
    const [values] = await model.run(images.slice(start * imageBytes, (start + size) * imageBytes), size);
    const width = output.labels.length;
    for (let i = 0; i < size; i += 1) {
      const row = values.data.subarray(i * width, (i + 1) * width);
      rows.push(output.values === 'logits' ? softmax(row) : Array.from(row));
    }
  }
  return rows;
}
