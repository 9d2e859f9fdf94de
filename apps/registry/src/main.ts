import { startTelemetry } from '@resmask/service-kit/telemetry';

// Before anything that loads grpc-js, which tracing has to wrap.
const telemetry = await startTelemetry('resmask-registry');
const { readConfig, runService } = await import('@resmask/service-kit');
const { registrySettings } = await import('./registry-settings.js');
const { migrateRegistry, startRegistry } = await import('./start-registry.js');

await runService('resmask-registry', telemetry, {
  start: () => startRegistry(readConfig(registrySettings, process.env), telemetry),
  migrate: () => {
    const { databaseUrl, databaseDirectUrl } = readConfig(registrySettings, process.env);
    return migrateRegistry(databaseDirectUrl ?? databaseUrl);
  },
});
