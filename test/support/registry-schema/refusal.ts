import { insert } from './valid-rows.js';

/** A statement that one guard of the schema must refuse, and nothing else. */
export interface Refusal {
  readonly table: string;
  /** The constraint, index or trigger. */
  readonly guard: string;
  /** The statement in short. */
  readonly what: string;
  readonly sql: string;
  /** What the refusal says, if it is not the guard's name: triggers have words of their own. */
  readonly says?: string;
  /** Guards, `table.name`, that refuse it first: this one stands behind them. */
  readonly behind: readonly string[];
}

type Change = Readonly<Record<string, string>>;

export const SHORT_DIGEST = "'\\x00'";
/** SQL of a text that is longer than so many characters. */
export const long = (length: number): string => `repeat('x', ${length + 1})`;
/** SQL of what no alias is called. */
export const BAD_ALIASES = ["'latest'", "'Upper'", "'9th'", long(63)];

/** Of the table's CHECK on one column: its valid row with a value that is none. */
export function badValue(table: string, column: string, value: string): Refusal {
  return badRow(table, `${table}_${column}_check`, { [column]: value });
}

/** Of a constraint or trigger: the table's valid row with some columns changed. */
export function badRow(table: string, guard: string, change: Change, behind: readonly string[] = []): Refusal {
  const what = Object.entries(change).map(([column, value]) => `${column} = ${value}`);
  return { table, guard, what: `a row with ${what.join(', ')}`, sql: insert(table, change), behind };
}

/** Of a trigger: any statement, and what it is answered. */
export function badChange(table: string, guard: string, sql: string, says: string): Refusal {
  return { table, guard, what: sql, sql, says, behind: [] };
}

/** Of a table that is only ever added to: every way of taking something back. */
export function appendOnly(table: string, column: string, guard = `guard_${table}`): Refusal[] {
  return [
    `UPDATE registry.${table} SET ${column} = ${column}`,
    `DELETE FROM registry.${table}`,
    `TRUNCATE registry.${table}`,
  ].map((sql) => badChange(table, guard, sql, `${table} is append-only`));
}
