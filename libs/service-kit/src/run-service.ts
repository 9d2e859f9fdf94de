import { DomainError } from '@resmask/errors';
import type { RunningService } from './start-service.js';
import type { Telemetry } from './telemetry.js';

/** What a supervising parent process is told once the service listens. */
export interface ListeningMessage {
  readonly type: 'listening';
  readonly port: number;
}

/** What a service's program can do: serve, and bring its schema up to date where it has one. */
export interface ServiceCommands {
  readonly start: () => Promise<RunningService>;
  /** Run by the argument `migrate` instead of serving. @returns the migrations that ran */
  readonly migrate?: () => Promise<readonly string[]>;
}

/**
 * Runs a service as this process: SIGTERM, SIGINT or the end of a supervising parent drain and stop it. What cannot be done
 * ends the process with code 1 and the reason on standard error.
 */
export async function runService(name: string, telemetry: Telemetry, commands: ServiceCommands): Promise<void> {
  const command = process.argv[2];
  try {
    if (command === undefined) await serve(telemetry, commands.start);
    else if (command === 'migrate' && commands.migrate) printMigrations(name, await commands.migrate());
    else
      throw new DomainError(
        'CONFIG_INVALID',
        `unknown argument "${command}"; allowed are none${commands.migrate ? ' and migrate' : ''}`,
      );
  } catch (error) {
    process.stderr.write(`${name}: ${describe(error)}\n`);
    process.exit(1);
  }
}

async function serve(telemetry: Telemetry, start: () => Promise<RunningService>): Promise<void> {
  const service = await start();
  const stop = async (): Promise<void> => {
    await service.close();
    await telemetry.shutdown();
    process.exit(0);
  };
  // A supervisor may repeat itself; a person who presses Ctrl-C twice means it.
  process.on('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!process.send) return;
  // The parent is gone, perhaps killed: nobody would ever stop this process.
  process.once('disconnect', stop);
  const message: ListeningMessage = { type: 'listening', port: service.port };
  process.send(message);
}

function printMigrations(name: string, migrations: readonly string[]): void {
  const list = migrations.length === 0 ? 'up to date' : `ran ${migrations.join(', ')}`;
  process.stdout.write(`${name}: database schema ${list}\n`);
}

function describe(error: unknown): string {
  if (error instanceof DomainError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
