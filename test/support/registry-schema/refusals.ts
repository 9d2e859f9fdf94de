import { badRow, type Refusal } from './refusal.js';
import { REFUSALS_OF_CHANGES } from './refusals-of-changes.js';
import { REFUSALS_OF_FACTS } from './refusals-of-facts.js';
import { REFUSALS_OF_VERSIONS } from './refusals-of-versions.js';

// TypeORM's own table, and its own name for the key.
const MIGRATION_KEY = 'PK_3043fc6b8af7c99b8b98830094f';

/** At least one statement for every constraint, unique index and trigger of the registry's schema. */
export const REFUSALS: readonly Refusal[] = [
  ...REFUSALS_OF_VERSIONS,
  ...REFUSALS_OF_CHANGES,
  ...REFUSALS_OF_FACTS,
  badRow('migration', MIGRATION_KEY, { id: '1' }),
];
