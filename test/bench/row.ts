/** One figure of a suite. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly got: number | null;
  /** The goal, as text with its direction, e.g. `≤ 10`; null for a figure that only informs. */
  readonly want: string | null;
  readonly unit: string;
  /** Null where it was not measured or has no goal. */
  readonly ok: boolean | null;
  readonly why?: string;
}

/** A row whose goal is an upper bound. */
export function atMost(id: string, what: string, got: number, limit: number, unit: string, why?: string): Row {
  return { id, what, got, want: `≤ ${limit}`, unit, ok: got <= limit, why };
}

/** A row whose goal is a lower bound. */
export function atLeast(id: string, what: string, got: number, limit: number, unit: string, why?: string): Row {
  return { id, what, got, want: `≥ ${limit}`, unit, ok: got >= limit, why };
}

/** A row that only informs. */
export function figure(id: string, what: string, got: number, unit: string): Row {
  return { id, what, got, want: null, unit, ok: null };
}

/** A row with a goal that could not be measured, or not in full. */
export function unmeasured(id: string, what: string, want: string, unit: string, why: string): Row {
  return { id, what, got: null, want, unit, ok: null, why };
}

/** The value that `share` of the samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
