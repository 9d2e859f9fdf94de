/**
 * McNemar's exact test of two classifiers on the same samples: two-sided p-value of the discordant pairs under Binomial(b + c, ½)
 * (Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947). 1 where none is discordant.
 * @param b samples that only the first classifier has right
 * @param c samples that only the second has right
 * @throws RangeError if they are no whole numbers ≥ 0.
 */
export function mcNemarExact(b: number, c: number): number {
  if (!Number.isSafeInteger(b) || !Number.isSafeInteger(c) || b < 0 || c < 0)
    throw new RangeError(`${b} and ${c} are no numbers of samples`);
  const n = b + c;
  const k = Math.min(b, c);
  if (b === c) return 1;
  // From the largest term down, each from the one before, so that nothing overflows.
  let term = Math.exp(logBinomialHalf(n, k));
  let tail = 0;
  for (let i = k; i >= 0 && term > tail * Number.EPSILON; i -= 1) {
    tail += term;
    term *= i / (n - i + 1);
  }
  return Math.min(1, 2 * tail);
}

/** ln(C(n, k) ÷ 2ⁿ) */
function logBinomialHalf(n: number, k: number): number {
  let log = -n * Math.LN2;
  for (let i = 1; i <= k; i += 1) log += Math.log((n - k + i) / i);
  return log;
}
