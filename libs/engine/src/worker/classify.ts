import { DomainError } from '@resmask/errors';
import { softmax } from '@resmask/tensor';
import type { LoadedModel } from './loaded-model.js';

/**
 * Probabilities of prepared images in one run, one row per image after the other, each in the order of the model's labels.
 * @throws DomainError TASK_MISMATCH if the model is no classifier.
 */
export async function classify(model: LoadedModel, images: Uint8Array): Promise<Float32Array> {
  const { output } = model.spec;
  if (output.task !== 'expression')
    throw new DomainError('TASK_MISMATCH', `${model.name} finds faces; a classifier is needed here`);
  const count = images.length / model.imageBytes;
  if (count === 0) return new Float32Array(0);
  const width = output.labels.length;
  const [{ data }] = await model.run(images, count);
  const rows = new Float32Array(count * width);
  for (let i = 0; i < count; i += 1) {
    const row = data.subarray(i * width, (i + 1) * width);
    rows.set(output.values === 'logits' ? softmax(row) : row, i * width);
  }
  return rows;
}
