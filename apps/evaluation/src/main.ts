import { startTelemetry } from '@resmask/service-kit/telemetry';

// Before anything that loads grpc-js, which tracing has to wrap.
const telemetry = await startTelemetry('resmask-evaluation');
const { readConfig, runService } = await import('@resmask/service-kit');
const { evaluationSettings } = await import('./evaluation-settings.js');
const { migrateEvaluation, startEvaluation } = await import('./start-evaluation.js');

await runService('resmask-evaluation', telemetry, {
  start: () => startEvaluation(readConfig(evaluationSettings, process.env), telemetry),
  migrate: () => {
    const { databaseUrl, databaseDirectUrl } = readConfig(evaluationSettings, process.env);
    return migrateEvaluation(databaseDirectUrl ?? databaseUrl);
  },
});
