/**
 * Coefficients of red, green and blue, the constant term first: Matt Zucker's polynomials of degree 6 (shadertoy.com/view/WlfXRN, CC0) for
 * the table of van der Walt and Smith (matplotlib, CC0), which they meet to within 4 of 255.
 */
const COEFFICIENTS = [
  [0.2777273, 0.0054073, 0.3340998],
  [0.105093, 1.4046135, 1.3845902],
  [-0.3308618, 0.2148476, 0.0950952],
  [-4.6342305, -5.799101, -19.332441],
  [6.2282699, 14.179933, 56.690553],
  [4.776385, -13.745145, -65.353033],
  [-5.4354559, 4.6458526, 26.312435],
] as const;

/**
 * A colour for a number, from dark violet by green to yellow: viridis, whose steps look equally large and whose lightness grows throughout.
 * @param value 0 to 1; beyond, the nearer end
 * @returns red, green and blue, 0 to 255
 */
export function viridis(value: number): [number, number, number] {
  const x = Math.min(1, Math.max(0, value));
  const channel = (index: number): number => {
    const unit = COEFFICIENTS.reduceRight((sum, coefficients) => sum * x + coefficients[index], 0);
    return Math.round(Math.min(1, Math.max(0, unit)) * 255);
  };
  return [channel(0), channel(1), channel(2)];
}
