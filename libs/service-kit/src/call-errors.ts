import { randomUUID } from 'node:crypto';
import { Metadata, type ServiceError, type status as StatusCode } from '@grpc/grpc-js';
import { Status } from '@resmask/contracts/google.rpc';
import { CODES, DomainError } from '@resmask/errors';
import type { Logger } from './logger.js';
import { toStatus } from './status-details.js';

const DETAILS_KEY = 'grpc-status-details-bin';
/** Longer texts would not fit the trailers of every proxy. */
const MAX_MESSAGE = 2000;
const MAX_DETAILS_BYTES = 6000;

/**
 * The one place where an error becomes a gRPC status: a domain error with its code, message and details; anything else INTERNAL
 * without its text, and with an id that finds it in the log.
 */
export class CallErrors {
  constructor(
    readonly logger: Logger,
    /** Turns errors of a library, such as a lost database, into domain errors; gives back what it does not know. */
    readonly translate: (error: unknown) => unknown = (error) => error,
  ) {}

  /** As google.rpc.Status, for errors that travel inside a stream or are stored. */
  toStatus(thrown: unknown): Status {
    const error = this.translate(thrown);
    return error instanceof DomainError ? toStatus(error) : this.#unexpected(error);
  }

  toCallError(thrown: unknown): ServiceError {
    const status = this.toStatus(thrown);
    const metadata = new Metadata();
    const details = Buffer.from(Status.encode(status).finish());
    if (status.details.length > 0 && details.length <= MAX_DETAILS_BYTES) metadata.set(DETAILS_KEY, details);
    const message = status.message.slice(0, MAX_MESSAGE);
    return Object.assign(new Error(message), { code: status.code as StatusCode, details: message, metadata });
  }

  #unexpected(error: unknown): Status {
    const errorId = randomUUID();
    this.logger.error({ err: error, errorId }, 'unexpected error');
    return { code: CODES.INTERNAL, message: `internal error; the service's log has it under ${errorId}`, details: [] };
  }
}
