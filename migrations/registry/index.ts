import { RegistryInitial1794960000001 } from './0001-initial.js';

export { registrySchema } from './schema.js';

/** In the order they run. */
export const registryMigrations = [RegistryInitial1794960000001];
