import { RegistryInitial1794960000001 } from './0001-initial.js';
import { RegistryLifecycle1794960000002 } from './0002-lifecycle.js';
import { RegistryUploadsEnsembles1794960000003 } from './0003-uploads-ensembles.js';
import { RegistryGates1794960000004 } from './0004-gates.js';
import { RegistryInvariants1794960000005 } from './0005-invariants.js';
import { RegistryLabels1794960000006 } from './0006-labels.js';
import { RegistryHistoryGuards1794960000007 } from './0007-history-guards.js';
import { RegistryAliasTraffic1794960000008 } from './0008-alias-traffic.js';

export { registrySchema } from './schema.js';

/** In the order they run. */
export const registryMigrations = [
  RegistryInitial1794960000001,
  RegistryLifecycle1794960000002,
  RegistryUploadsEnsembles1794960000003,
  RegistryGates1794960000004,
  RegistryInvariants1794960000005,
  RegistryLabels1794960000006,
  RegistryHistoryGuards1794960000007,
  RegistryAliasTraffic1794960000008,
];
