import type { Logger } from './logger.js';

/** The service's logger as something Nest can inject. */
export class ServiceLog {
  constructor(readonly logger: Logger) {}
}
