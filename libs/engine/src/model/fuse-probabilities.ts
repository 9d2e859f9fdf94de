/**
 * The weighted mean of several networks' probabilities (Pham, Vu and Tran, section IV: the plain mean, here with equal weights).
 * @param answers rows of the same images and labels, and each network's weight above 0
 */
export function fuseProbabilities(
  answers: readonly { readonly rows: Float32Array; readonly weight: number }[],
): Float32Array<ArrayBuffer> {
  const total = answers.reduce((sum, { weight }) => sum + weight, 0);
  const [{ rows: first }] = answers;
  const fused = new Float32Array(first.length);
  for (let i = 0; i < fused.length; i += 1) {
    // Summed in double precision and rounded once.
    let sum = 0;
    for (const { rows, weight } of answers) sum += rows[i] * weight;
    fused[i] = sum / total;
  }
  return fused;
}
