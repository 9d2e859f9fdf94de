import { migrate } from '@resmask/database';
import { registryMigrations, registrySchema } from '@resmask/migrations/registry';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REFUSALS } from '../support/registry-schema/refusals.js';
import { describeSchema, type Guard, guardsOf } from '../support/registry-schema/schema-catalog.js';
import { insert, SEED, TABLES } from '../support/registry-schema/valid-rows.js';
import { createTestDatabase } from '../support/test-database.js';

describe("the registry's schema", () => {
  let url: string;
  let client: Client;
  let guards: Guard[];

  beforeAll(async () => {
    url = await createTestDatabase();
    await migrate({ url, schema: registrySchema, migrations: registryMigrations });
    client = new Client({ connectionString: url });
    await client.connect();
    // Sequences do not go back with a transaction; the seeded rows have the first numbers.
    await client.query(
      "SELECT setval(oid::regclass, 1000) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'registry'::regnamespace",
    );
    guards = await guardsOf(url, 'registry');
  });
  afterAll(() => client.end());

  /** Runs statements among the seeded rows, and takes back what they did. */
  async function tryOut(...statements: string[]): Promise<void> {
    await client.query('BEGIN');
    try {
      await client.query(SEED.join(';'));
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.query('ROLLBACK');
    }
  }

  /** SQL that takes a guard away. */
  function without({ table, name }: Pick<Guard, 'table' | 'name'>): string {
    const guard = guards.find((one) => one.table === table && one.name === name);
    if (guard?.kind === 'trigger') return `DROP TRIGGER ${name} ON registry.${table}`;
    if (guard?.kind === 'index') return `DROP INDEX registry.${name}`;
    return `ALTER TABLE registry.${table} DROP CONSTRAINT "${name}" CASCADE`;
  }

  function named(guard: string): Pick<Guard, 'table' | 'name'> {
    const [table, name] = guard.split('.');
    return { table, name };
  }

  it('is what has been committed, to the last constraint, index, trigger, grant and function', async () => {
    await expect(await describeSchema(url, 'registry')).toMatchFileSnapshot(
      '../support/registry-schema/registry-schema.txt',
    );
  });

  it('has a statement here for everything that refuses rows, and takes a valid row in every table', async () => {
    const refused = new Set(REFUSALS.map(({ table, guard }) => `${table}.${guard}`));
    expect(guards.map(({ table, name }) => `${table}.${name}`).filter((guard) => !refused.has(guard))).toEqual([]);
    const { rows } = await client.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind = 'r'",
    );
    expect(rows.map(({ relname }) => relname).sort()).toEqual([...TABLES].sort());
    for (const table of TABLES) await tryOut(insert(table));
  });

  it.each(REFUSALS)(
    '$table: $guard refuses $what, and nothing else does',
    async ({ table, guard, sql, says, behind }) => {
      const before = behind.map((one) => without(named(one)));
      const refusal = tryOut(...before, sql);
      if (says) await expect(refusal).rejects.toThrow(says);
      else await expect(refusal).rejects.toMatchObject({ constraint: guard });
      await tryOut(...before, without({ table, name: guard }), sql);
    },
  );
});
