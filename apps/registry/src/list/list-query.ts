import { type Filter, parseFilter, parseOrder } from '@resmask/list-filter';
import { cutPage, type PageRequest, pageTokenInvalid, readPage } from '@resmask/service-kit';
import type { DataSource } from 'typeorm';
import { filterSql } from './filter-sql.js';
import { afterSql, type KeyField, keySql, orderSql, readKeys } from './keyset.js';
import type { ListTable } from './list-table.js';
import { SqlValues } from './sql-values.js';

/** The fields of a request for a filtered, ordered list. */
export interface ListRequest extends PageRequest {
  readonly filter: string;
  readonly orderBy: string;
}

/** Rows of a page, and the token of the next; empty on the last page. */
export interface ListedPage<Row> {
  readonly rows: readonly Row[];
  readonly nextPageToken: string;
}

/** Where rows are read. */
export interface ListSource {
  readonly columns: string;
  readonly table: string;
  /** The condition for what the list is of, whatever its filter. */
  where(values: SqlValues): string;
}

/** One page of a list, as it was asked for. */
export class ListQuery {
  readonly #table: ListTable;
  readonly #scope: readonly string[];
  readonly #filter: Filter | undefined;
  readonly #order: readonly KeyField[];
  readonly #size: number;
  readonly #after: readonly string[] | undefined;

  /**
   * @param scope what else a page token holds for
   * @throws DomainError FIELD_INVALID or PAGE_TOKEN_INVALID.
   */
  constructor(table: ListTable, request: ListRequest, scope: readonly string[]) {
    this.#table = table;
    this.#scope = [...scope, request.filter, request.orderBy];
    this.#filter = parseFilter(request.filter);
    this.#order = readOrder(request.orderBy, table);
    const { size, after } = readPage(request, this.#scope);
    this.#size = size;
    this.#after = after === undefined ? undefined : readKeys(after, this.#order);
    if (after !== undefined && !this.#after) throw pageTokenInvalid();
  }

  /** @throws DomainError FIELD_INVALID for a filter that does not fit the table. */
  async read<Row extends object>(dataSource: DataSource, source: ListSource): Promise<ListedPage<Row>> {
    const values = new SqlValues();
    const statement = this.#statement(source, values);
    const found: (Row & { readonly key: string })[] = await dataSource.query(statement, values.list);
    const { shown, nextPageToken } = cutPage(found, this.#size, this.#scope, (last) => last.key);
    return { rows: shown, nextPageToken };
  }

  /** Reads one row more than the page has: it tells that another page follows. */
  #statement({ columns, table, where }: ListSource, values: SqlValues): string {
    const conditions = [where(values)];
    if (this.#filter) conditions.push(filterSql(this.#filter, this.#table.filters, values));
    if (this.#after) conditions.push(afterSql(this.#order, this.#after, values));
    return `SELECT ${columns}, ${keySql(this.#order)} AS key FROM ${table} WHERE ${conditions.join(' AND ')}
      ORDER BY ${orderSql(this.#order)} LIMIT ${values.add(this.#size + 1, 'bigint')}`;
  }
}

function readOrder(text: string, { orders, own }: ListTable): KeyField[] {
  const terms = parseOrder(text, Object.keys(orders));
  const isUnique = terms.some(({ field }) => field === own.field);
  return (isUnique ? terms : [...terms, own]).map((term) => ({ ...term, ...orders[term.field] }));
}
