import { migrate, openDataSource, type Schema, translateDatabaseError, WAITING_LIMITS } from '@resmask/database';
import { Client } from 'pg';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, query } from '../support/test-database.js';

const schema: Schema = { name: 'limits', lockKey: 7_359_001, role: 'resmask_registry' };
const LIMITS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];

/** Notes the limits under which migrations run. */
class NotesLimits1794960000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE limits.noted AS SELECT name, setting FROM pg_settings WHERE name = ANY($1)', [
      LIMITS,
    ]);
    await runner.query('SELECT pg_sleep(0.3)');
    await runner.query(`
      DO $$ BEGIN CREATE ROLE resmask_registry NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
      GRANT resmask_registry TO CURRENT_USER`);
  }

  async down(): Promise<void> {}
}

describe('limits on what a service asks of the database', () => {
  let url: string;
  let dataSource: DataSource;

  beforeAll(async () => {
    url = await createTestDatabase();
    // What an operator may have set for everybody: too short for migrations, too long for services.
    const database = new URL(url).pathname.slice(1);
    await query(url, `ALTER DATABASE ${database} SET statement_timeout = '200ms'`);
    await query(url, `ALTER DATABASE ${database} SET lock_timeout = '200ms'`);
    await migrate({ url, schema, migrations: [NotesLimits1794960000001] });
    dataSource = await openDataSource({ url, schema, entities: [], poolSize: 2, applicationName: 'limits' });
  });
  afterAll(() => dataSource.destroy());

  /** Runs a statement with a shorter limit, and says what a caller would be told. */
  async function refusal(limit: string, sql: string): Promise<unknown> {
    return dataSource
      .transaction(async (manager) => {
        await manager.query(`SET LOCAL ${limit}`);
        await manager.query(sql);
      })
      .then(() => 'done', translateDatabaseError);
  }

  it('are set on every connection', async () => {
    const connections = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
    for (const connection of connections) {
      const values = [];
      for (const limit of LIMITS) values.push(Object.values((await connection.query(`SHOW ${limit}`))[0])[0]);
      expect(values).toEqual(['30s', '10s', '1min']);
    }
    for (const connection of connections) await connection.release();
  });

  it('on waiting are set for the job queue too, whose migrations run on its own connections', async () => {
    const client = new Client({ connectionString: url, options: WAITING_LIMITS });
    await client.connect();
    const { rows } = await client.query('SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name', [
      LIMITS.slice(1),
    ]);
    expect(rows.map(({ setting }) => setting)).toEqual(['60000', '10000']);
    await client.end();
  });

  it('do not hold for migrations, which take as long as they take', async () => {
    const noted = await query<{ name: string; setting: string }>(url, 'SELECT * FROM limits.noted');
    expect(Object.fromEntries(noted.map(({ name, setting }) => [name, setting]))).toEqual(
      Object.fromEntries(LIMITS.map((limit) => [limit, '0'])),
    );
  });

  it('never let the schema be changed by itself', () => {
    expect(dataSource.options).toMatchObject({ synchronize: false, schema: 'limits' });
    expect(dataSource.options).not.toMatchObject({ migrationsRun: true });
    expect(dataSource.options).not.toMatchObject({ dropSchema: true });
  });

  it('stop a statement that takes too long, and say so', async () => {
    expect(await refusal("statement_timeout = '50ms'", 'SELECT pg_sleep(5)')).toMatchObject({
      reason: 'DATABASE_TIMEOUT',
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('took too long'),
    });
  });

  it('end a wait for a lock that another holds, as a conflict', async () => {
    const holder = dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('SELECT pg_advisory_xact_lock(1)');
    const waiting = await refusal("lock_timeout = '50ms'", 'SELECT pg_advisory_xact_lock(1)');
    expect(waiting).toMatchObject({ reason: 'CONCURRENT_CHANGE', code: 'ABORTED' });
    await holder.rollbackTransaction();
    await holder.release();
  });

  it('take the connection from a transaction in which nothing happens, and another one serves the next call', async () => {
    const answer = dataSource
      .transaction(async (manager) => {
        await manager.query("SET LOCAL idle_in_transaction_session_timeout = '50ms'");
        await new Promise((resolve) => setTimeout(resolve, 500));
        await manager.query('SELECT 1');
      })
      .then(() => 'done', translateDatabaseError);
    expect(await answer).toMatchObject({ reason: 'DATABASE_UNAVAILABLE', code: 'UNAVAILABLE' });
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
