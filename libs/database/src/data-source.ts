import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Schema } from './schema.js';

export interface DataSourceParts {
  readonly url: string;
  readonly schema: Schema;
  readonly entities: DataSourceOptions['entities'];
  readonly poolSize: number;
  /** Shows up in pg_stat_activity. */
  readonly applicationName: string;
}

// A statement that takes this long is stuck or a mistake, and would keep its connection and its locks from all others.
const STATEMENT_TIMEOUT_MS = 30_000;
// Shorter, so that a wait for somebody else's change ends as one (CONCURRENT_CHANGE).
const LOCK_TIMEOUT_MS = 10_000;
// A process that hangs in the middle of a transaction holds its locks no longer than this.
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Limits on waiting, for whoever has connections of its own: what one hanging process may keep from all others. */
export const WAITING_LIMITS = `-c lock_timeout=${LOCK_TIMEOUT_MS} -c idle_in_transaction_session_timeout=${IDLE_TRANSACTION_TIMEOUT_MS}`;

/** Opens a service's connections: as its role, in its schema, with time limits, never changing the schema by itself. */
export async function openDataSource(parts: DataSourceParts): Promise<DataSource> {
  const { url, schema, entities, poolSize, applicationName } = parts;
  const session = {
    role: schema.role,
    search_path: schema.name,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
  };
  const options = Object.entries(session).map(([key, value]) => `-c ${key}=${value}`);
  return new DataSource({
    type: 'postgres',
    url,
    schema: schema.name,
    entities,
    synchronize: false,
    installExtensions: false,
    applicationName,
    poolSize,
    extra: { options: options.join(' '), connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
  }).initialize();
}
