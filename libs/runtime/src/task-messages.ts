import { DomainError, type ErrorRecord, fromErrorRecord, toErrorRecord } from '@resmask/errors';

/** From the pool to a worker. */
export interface TaskMessage<Request> {
  readonly id: number;
  readonly request: Request;
}

/** From a worker to the pool. */
export type TaskReply<Response> =
  | { readonly id: number; readonly response: Response }
  | { readonly id: number; readonly failure: Failure };

/** A thrown value as plain data; domain errors keep their reason. */
export type Failure = { readonly domain: ErrorRecord } | { readonly message: string; readonly stack?: string };

export function toFailure(error: unknown): Failure {
  if (error instanceof DomainError) return { domain: toErrorRecord(error) };
  return error instanceof Error ? { message: error.message, stack: error.stack } : { message: String(error) };
}

export function fromFailure(failure: Failure): Error {
  if ('domain' in failure) return fromErrorRecord(failure.domain);
  const error = new Error(failure.message);
  if (failure.stack) error.stack = failure.stack;
  return error;
}
