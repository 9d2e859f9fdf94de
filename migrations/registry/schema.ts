import type { Schema } from '@resmask/database';

export const registrySchema: Schema = { name: 'registry', lockKey: 7_350_001, role: 'resmask_registry' };
