import { ResmaskError } from '@resmask/client';
import { DomainError } from '@resmask/errors';

/** What is told of an error: the same fields whether a service or this command found it. */
export interface ErrorView {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export function errorView(error: unknown): ErrorView {
  if (error instanceof ResmaskError || error instanceof DomainError) {
    const { code, reason, message, metadata } = error;
    return { code, reason, message: `${message}${hint(error)}`, metadata };
  }
  return { code: 'UNKNOWN', reason: '', message: error instanceof Error ? error.message : String(error), metadata: {} };
}

/** What a newcomer trips over: nothing is running, or the services want to know who calls. */
function hint({ code, reason }: ResmaskError | DomainError): string {
  if (code === 'UNAVAILABLE' && reason === '') return '; is it running? Start everything with "resmask up"';
  return code === 'UNAUTHENTICATED' ? '; this command takes a token from RESMASK_TOKEN' : '';
}
