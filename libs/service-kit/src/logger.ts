import type { LoggerService } from '@nestjs/common';
import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Where settings hold secrets; pino writes [secret] instead. */
const REDACTED = ['*.password', '*.databaseUrl', 'databaseUrl', 'password', '*.token', 'token'];

/** One JSON object per line on standard output, never a frame and never a secret. */
export function createLogger(service: string, level: string): Logger {
  const options = { level, base: { service }, redact: { paths: REDACTED, censor: '[secret]' } };
  // Written at once: what a killed process had to say must not sit in a buffer.
  return pino(options, destination({ fd: 1, sync: true }));
}

/** Lets Nest write through pino; its start-up chatter is debug. */
export class NestLogger implements LoggerService {
  constructor(readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  error(message: unknown, stack?: string, context?: string): void {
    this.logger.error({ context, stack }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }
}
