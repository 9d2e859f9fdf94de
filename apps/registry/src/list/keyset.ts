import type { OrderTerm } from '@resmask/list-filter';
import type { OrderField } from './list-table.js';
import type { SqlValues } from './sql-values.js';

/** A field of a list's order. */
export interface KeyField extends OrderTerm, OrderField {}

const BIGINT = /^-?\d{1,18}$/;

export function orderSql(fields: readonly KeyField[]): string {
  return fields.map(({ sql, descending }) => `${sql} ${descending ? 'DESC' : 'ASC'}`).join(', ');
}

/** SQL of a row's place in the order, as `readKeys` reads it. */
export function keySql(fields: readonly KeyField[]): string {
  return `json_build_array(${fields.map(({ sql }) => `(${sql})::text`).join(', ')})::text`;
}

/** The condition for rows after a place in the order. */
export function afterSql(fields: readonly KeyField[], keys: readonly string[], values: SqlValues): string {
  const [{ sql, kind, descending }, ...others] = fields;
  const key = values.add(keys[0], kind === 'number' ? 'bigint' : 'text');
  const after = `${sql} ${descending ? '<' : '>'} ${key}`;
  return others.length === 0 ? after : `(${after} OR (${sql} = ${key} AND ${afterSql(others, keys.slice(1), values)}))`;
}

/** @returns undefined for what is no place in this order: anybody can make a token that holds anything. */
export function readKeys(text: string, fields: readonly KeyField[]): string[] | undefined {
  const keys = parseTexts(text);
  const fits = keys?.length === fields.length && keys.every((key, i) => isKey(key, fields[i]));
  return fits ? keys : undefined;
}

function isKey(key: string, { kind }: KeyField): boolean {
  return kind === 'number' ? BIGINT.test(key) : !key.includes('\0');
}

function parseTexts(text: string): string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}
