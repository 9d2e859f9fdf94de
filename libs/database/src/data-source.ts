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

const STATEMENT_TIMEOUT_MS = 30_000;
const LOCK_TIMEOUT_MS = 10_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

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
