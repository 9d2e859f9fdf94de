/** Softmax of one row, computed in float64 after subtracting the maximum; the results sum to 1 within 1e-12. */
export function softmax(logits: ArrayLike<number>): number[] {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i += 1) max = Math.max(max, logits[i]);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** Index of the largest value; the first one on a tie, -1 for an empty row. */
export function argmax(values: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < values.length; i += 1) if (best < 0 || values[i] > values[best]) best = i;
  return best;
}
