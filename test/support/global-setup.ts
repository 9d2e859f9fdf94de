import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgres } from '@resmask/database';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

/** One real PostgreSQL server for all tests; each takes a database of its own. DATABASE_URL names another server. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'];
  if (given) {
    project.provide('postgresUrl', given);
    return async () => {};
  }
  const folder = await mkdtemp('/tmp/resmask-test-postgres-');
  await chmod(folder, 0o711);
  // The data is thrown away, so nothing needs to reach the disk; what must survive a kill is tested with processes, not power.
  const postgres = await EmbeddedPostgres.start({
    folder: join(folder, 'server'),
    parameters: { fsync: 'off', max_connections: '200' },
  });
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
