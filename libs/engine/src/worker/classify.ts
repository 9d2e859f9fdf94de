import { DomainError } from '@resmask/errors';
import { softmax } from '@resmask/tensor';
import type { LoadedModel } from './loaded-model.js';

/**
 * Probabilities of prepared images, one row per image after the other, each in the order of the model's labels.
 * @param maxBatch images of one run at most
 * @throws DomainError TASK_MISMATCH if the model is no classifier.
 */
export async function classify(model: LoadedModel, images: Uint8Array, maxBatch: number): Promise<Float32Array> {
  const { output } = model.spec;
  if (output.task !== 'expression')
    throw new DomainError('TASK_MISMATCH', `${model.name} finds faces; a classifier is needed here`);
  const width = output.labels.length;
  const count = images.length / model.imageBytes;
  const rows = new Float32Array(count * width);
  for (let start = 0; start < count; start += maxBatch) {
    const size = Math.min(maxBatch, count - start);
    const [{ data }] = await model.run(part(images, start * model.imageBytes, (start + size) * model.imageBytes), size);
    for (let i = 0; i < size; i += 1) {
      const row = data.subarray(i * width, (i + 1) * width);
      rows.set(output.values === 'logits' ? softmax(row) : row, (start + i) * width);
    }
  }
  return rows;
}

/** The tensor's own bytes: a view into a larger buffer would take all of it along. */
function part(images: Uint8Array, from: number, to: number): Uint8Array {
  return from === 0 && to === images.length ? images : images.slice(from, to);
}
