import { DomainError } from '@resmask/errors';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Schema } from './schema.js';

export interface MigrationParts {
  /** A direct connection: advisory locks do not work through a transaction pooler. */
  readonly url: string;
  readonly schema: Schema;
  readonly migrations: DataSourceOptions['migrations'];
}

const HISTORY_TABLE = 'migration';
// Whatever the server or the user has by default: a migration takes as long as its tables are large, and whoever waits for
// another process's migration waits as long.
const NO_LIMITS = '-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0';

/**
 * Brings a schema up to date. Any number of processes may do so at once: one works, the others wait and find nothing to do.
 * @returns the names of the migrations that ran
 */
export async function migrate(parts: MigrationParts): Promise<string[]> {
  return withDataSource(parts, async (dataSource) => {
    const { schema } = parts;
    const lock = dataSource.createQueryRunner();
    await lock.query('SELECT pg_advisory_lock($1)', [schema.lockKey]);
    try {
      await lock.query(`CREATE SCHEMA IF NOT EXISTS ${schema.name}`);
      const done = await dataSource.runMigrations({ transaction: 'each' });
      return done.map(({ name }) => name);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [schema.lockKey]);
      await lock.release();
    }
  });
}

/** @throws DomainError SCHEMA_OUT_OF_DATE if a migration of this build has not run. */
export async function assertMigrated(parts: MigrationParts): Promise<void> {
  const pending = await withDataSource(parts, async (dataSource) => {
    const [{ found }] = await dataSource.query('SELECT to_regclass($1) IS NOT NULL AS found', [
      `${parts.schema.name}.${HISTORY_TABLE}`,
    ]);
    return !found || (await dataSource.showMigrations());
  });
  if (!pending) return;
  throw new DomainError(
    'SCHEMA_OUT_OF_DATE',
    `the database schema "${parts.schema.name}" is not up to date; run the service's migrate command, or start it with RESMASK_MIGRATE=on-start`,
  );
}

async function withDataSource<T>(parts: MigrationParts, use: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const { url, schema, migrations } = parts;
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    schema: schema.name,
    migrations,
    migrationsTableName: HISTORY_TABLE,
    synchronize: false,
    installExtensions: false,
    applicationName: `resmask-migrate-${schema.name}`,
    poolSize: 2,
    extra: { options: NO_LIMITS },
  });
  await dataSource.initialize();
  try {
    return await use(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
