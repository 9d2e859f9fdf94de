import type { OrderTerm } from '@resmask/list-filter';

/** A field that filters may name. Its SQL is never null, so that NOT turns exactly what was false. */
export type FilterField =
  | { readonly kind: 'text' | 'number' | 'time'; readonly sql: string }
  /** One of a few words; those of the wire by those of the database. */
  | { readonly kind: 'name'; readonly sql: string; readonly names: Readonly<Record<string, string>> }
  /** Several texts; the SQL is a query of them. */
  | { readonly kind: 'set'; readonly sql: string }
  /** Typed values by key, as a JSON object. */
  | { readonly kind: 'map'; readonly sql: string; readonly keys: MapKeys };

/** What keys of a map look like. */
export interface MapKeys {
  readonly pattern: RegExp;
  /** The same in words, after `a key has`. */
  readonly allowed: string;
}

/** A field that lists may be ordered by: whole numbers or texts, never null. */
export interface OrderField {
  readonly kind: 'number' | 'text';
  readonly sql: string;
}

/** What lists of a resource may be filtered and ordered by. */
export interface ListTable {
  readonly filters: Readonly<Record<string, FilterField>>;
  readonly orders: Readonly<Record<string, OrderField>>;
  /** The order if none is asked for, and among equals of another order: no two rows have the same. */
  readonly own: OrderTerm;
}

/** Filters see a time as precisely as answers tell it. */
export function timeFilter(column: string): FilterField {
  return { kind: 'time', sql: `date_trunc('milliseconds', ${column})` };
}

/** Orders see a time as precisely as it is kept, as a number that a page token can hold without loss. */
export function timeOrder(column: string): OrderField {
  return { kind: 'number', sql: `(extract(epoch FROM ${column}) * 1000000)::bigint` };
}
