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
/** Of a text whose details do not fit: the reason must. */
const SHORT_MESSAGE = 500;

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
    const message = clip(status.message, MAX_MESSAGE);
    const details = encodeFitting({ ...status, message });
    if (details) metadata.set(DETAILS_KEY, details);
    return Object.assign(new Error(message), { code: status.code as StatusCode, details: message, metadata });
  }

  #unexpected(error: unknown): Status {
    const errorId = randomUUID();
    this.logger.error({ err: error, errorId }, 'unexpected error');
    return { code: CODES.INTERNAL, message: `internal error; the service's log has it under ${errorId}`, details: [] };
  }
}

/** With all details, or where they repeat too much of what was sent, with the first: the reason. */
function encodeFitting(status: Status): Buffer | undefined {
  if (status.details.length === 0) return undefined;
  const whole = Buffer.from(Status.encode(status).finish());
  if (whole.length <= MAX_DETAILS_BYTES) return whole;
  const short = { ...status, message: clip(status.message, SHORT_MESSAGE), details: status.details.slice(0, 1) };
  const reason = Buffer.from(Status.encode(short).finish());
  return reason.length <= MAX_DETAILS_BYTES ? reason : undefined;
}

/** The cut may go through the middle of a character, and half a character cannot be written into a header. */
function clip(text: string, length: number): string {
  return text.slice(0, length).toWellFormed();
}
