/** Facts of a change, as they are kept and told: small JSON objects. */
export type Facts = Readonly<Record<string, unknown>>;

/** What changed: one row of the audit log, and what watchers are told. */
export interface ChangeRecord {
  readonly namespace: string;
  /** Resource name below its namespace, e.g. `models/m/versions/3`. */
  readonly resource: string;
  /** The model it belongs to. */
  readonly model: string;
  /** Why, as the client said. */
  readonly reason?: string;
  /** What was and what is, as far as it changed. */
  readonly before?: Facts;
  readonly after?: Facts;
}
