import type { ResmaskError } from '../resmask-error.js';

/** What grpc-js and proxies make of a connection that is cut in the middle of a call. */
const CUT: ReadonlySet<string> = new Set(['INTERNAL', 'UNKNOWN', 'CANCELLED']);

/** Whether a new call may do what the lost one could not: the service is away, asks for another try, or gave no reason of its own. */
export function mayReconnect({ code, reason, retryAfterMs }: ResmaskError): boolean {
  if (code === 'UNAVAILABLE' || retryAfterMs !== undefined || reason === 'STREAM_IDLE') return true;
  return reason === '' && CUT.has(code);
}
