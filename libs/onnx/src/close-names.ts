/** Names most like a wrong one, best first: what somebody may have meant. */
export function closeNames(wrong: string, names: Iterable<string>, count = 5): string[] {
  const wished = wrong.toLowerCase();
  const rated = [...names].map((name) => ({ name, distance: distanceOf(wished, name.toLowerCase()) }));
  return rated
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, count)
    .map(({ name }) => name);
}

/** Edits from one to the other; a name that holds the other is nearer than any that does not. */
function distanceOf(a: string, b: string): number {
  const edits = editDistance(a, b);
  return a !== '' && (a.includes(b) || b.includes(a)) ? edits / 1000 : edits;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
