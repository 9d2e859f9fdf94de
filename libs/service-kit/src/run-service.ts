import { DomainError } from '@resmask/errors';
import type { RunningService } from './start-service.js';
import type { Telemetry } from './telemetry.js';

/** What a supervising parent process is told once the service listens. */
export interface ListeningMessage {
  readonly type: 'listening';
  readonly port: number;
}

/**
 * Runs a service as this process: SIGTERM, SIGINT or the end of a supervising parent drain and stop it. A start that fails ends
 * the process with code 1 and the reason on standard error.
 */
export async function runService(
  name: string,
  telemetry: Telemetry,
  start: () => Promise<RunningService>,
): Promise<void> {
  let service: RunningService;
  try {
    service = await start();
  } catch (error) {
    process.stderr.write(`${name} did not start: ${describe(error)}\n`);
    process.exit(1);
  }
  const stop = async (): Promise<void> => {
    await service.close();
    await telemetry.shutdown();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  if (process.send) {
    process.once('disconnect', stop);
    const message: ListeningMessage = { type: 'listening', port: service.port };
    process.send(message);
  }
}

function describe(error: unknown): string {
  if (error instanceof DomainError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
