import type { ServerDuplexStream } from '@grpc/grpc-js';
import { principalOf } from '@resmask/service-kit';

/** Whose stream it is, to count by: the principal, or where everybody is anonymous the address without its port. */
export function clientOf(call: Pick<ServerDuplexStream<unknown, unknown>, 'getPeer' | 'metadata'>): string {
  const { method, subject } = principalOf(call);
  return method === 'open' ? call.getPeer().replace(/:\d+$/, '') : `${method}:${subject}`;
}
