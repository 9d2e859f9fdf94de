import type { Schema } from '@resmask/database';

/** SQL that makes a service's role, unless it exists, lets this user work as it, and lets it into its schema alone. */
export function createServiceRole({ name, role }: Schema): string {
  return `
    DO $$
    BEGIN
      CREATE ROLE ${role} NOLOGIN;
    EXCEPTION
      -- Roles belong to the whole server: another database's migration may have made it, even at this moment.
      WHEN duplicate_object OR unique_violation THEN NULL;
    END $$;
    GRANT ${role} TO CURRENT_USER;
    GRANT USAGE ON SCHEMA ${name} TO ${role};
  `;
}
