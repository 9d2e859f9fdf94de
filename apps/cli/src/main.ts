import { startTelemetry } from '@resmask/service-kit/telemetry';

// Before anything that loads grpc-js, which tracing has to wrap.
const telemetry = await startTelemetry('resmask-cli');
const { runCommand } = await import('./run-command.js');

process.exitCode = await runCommand(process.argv, process.env);
await telemetry.shutdown();
// What a library keeps open must not keep a finished command waiting.
process.exit();
