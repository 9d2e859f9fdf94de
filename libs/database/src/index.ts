export { type DataSourceParts, openDataSource, WAITING_LIMITS } from './data-source.js';
export { translateDatabaseError, violates } from './database-errors.js';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
export { assertMigrated, type MigrationParts, migrate } from './migrate.js';
export { type NotificationParts, Notifications } from './notifications.js';
export type { Schema } from './schema.js';
export { watchDatabase } from './watch-database.js';
