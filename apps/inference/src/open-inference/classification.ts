import type { AnyTensor, SessionTensor } from '@resmask/runtime';
import { halfToNumber } from './half-to-number.js';

/**
 * The best elements of each row of a tensor as text, `value:index` or `value:index:label`, best first.
 * @param batched whether the first dimension counts rows; otherwise the whole tensor is one
 * @returns a BYTES tensor of [rows, classes], or [classes] where there are no rows
 */
export function classification(
  tensor: AnyTensor,
  classes: number,
  labels: readonly string[] | undefined,
  batched: boolean,
): SessionTensor<'string'> {
  const rows = batched ? tensor.dims[0] : 1;
  const width = rows > 0 ? tensor.data.length / rows : 0;
  const kept = Math.min(classes, width);
  const valueAt = (i: number): number =>
    tensor.type === 'float16' ? halfToNumber(tensor.data[i]) : Number(tensor.data[i]);
  const data: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const values = Array.from({ length: width }, (_, i) => valueAt(row * width + i));
    const best = values.map((_, i) => i).sort((a, b) => values[b] - values[a]);
    for (const i of best.slice(0, kept)) {
      data.push([values[i].toFixed(6), i, ...(labels && i < labels.length ? [labels[i]] : [])].join(':'));
    }
  }
  return { type: 'string', dims: batched ? [rows, kept] : [kept], data };
}
