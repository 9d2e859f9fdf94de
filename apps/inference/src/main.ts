import { startTelemetry } from '@resmask/service-kit/telemetry';

// Before anything that loads grpc-js, which tracing has to wrap.
const telemetry = await startTelemetry('resmask-inference');
const { readConfig, runService } = await import('@resmask/service-kit');
const { inferenceSettings } = await import('./inference-settings.js');
const { startInference } = await import('./start-inference.js');

await runService('resmask-inference', telemetry, {
  start: () => startInference(readConfig(inferenceSettings, process.env), telemetry),
});
