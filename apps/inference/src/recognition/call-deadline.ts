import type { ServerUnaryCall } from '@grpc/grpc-js';

/** A call's deadline by `performance.now()`; infinity if the client set none. */
export function callDeadline(call: Pick<ServerUnaryCall<unknown, unknown>, 'getDeadline'>): number {
  const deadline = call.getDeadline();
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  return performance.now() + (at - Date.now());
}
