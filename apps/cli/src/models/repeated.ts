/** Reads an option that may be given again. */
export function addTo(value: string, values: readonly string[]): string[] {
  return [...values, value];
}
