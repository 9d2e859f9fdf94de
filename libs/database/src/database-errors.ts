import { DomainError } from '@resmask/errors';
import { QueryFailedError } from 'typeorm';

/** SQLSTATE classes and system errors that mean the server is gone or going, not that the query was wrong. */
const CONNECTION_LOST =
  /^(08...|57P0[1-5]|25P0[34]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const CONNECTION_TEXTS =
  /Connection terminated|timeout exceeded when trying to connect|Driver not Connected|Client has encountered a connection error/i;
/** What TypeORM says where a transaction goes on after its connection has broken between two queries. */
const RUNNER_LOST = /^QueryRunner(Provider)?AlreadyReleasedError$/;
/** Serialisation failure, deadlock, lock not available: the same call may succeed when repeated. */
const CONFLICT = /^(40001|40P01|55P03)$/;
/** The statement took longer than the limit that openDataSource sets, or somebody has cancelled it. */
const STATEMENT_STOPPED = /^57014$/;
/** A NUL character in text, or in the text of a JSON value. */
const NO_TEXT = /^(22021|22P05)$/;

/** A database error that the caller can act on as a domain error; anything else as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  const code = sqlState(error);
  if (CONNECTION_LOST.test(code) || CONNECTION_TEXTS.test(error.message) || RUNNER_LOST.test(error.name)) {
    return new DomainError('DATABASE_UNAVAILABLE', 'the database cannot be reached at the moment; try again', {
      cause: error,
      retryAfterMs: 1000,
    });
  }
  if (CONFLICT.test(code)) {
    return new DomainError('CONCURRENT_CHANGE', 'another change of the same resource was in the way; try again', {
      cause: error,
    });
  }
  if (STATEMENT_STOPPED.test(code)) {
    const message =
      'the database took too long over a statement, which was stopped and has changed nothing; try again later';
    return new DomainError('DATABASE_TIMEOUT', message, { cause: error, retryAfterMs: 5000 });
  }
  if (NO_TEXT.test(code)) {
    const message = 'a text of the request has a NUL character (U+0000), which is never stored; leave it out';
    return new DomainError('FIELD_INVALID', message, { cause: error });
  }
  return error;
}

/** Whether an error is the violation of the named constraint. */
export function violates(error: unknown, constraint: string): boolean {
  const inner = error instanceof QueryFailedError ? error.driverError : error;
  return typeof inner === 'object' && inner !== null && 'constraint' in inner && inner.constraint === constraint;
}

function sqlState(error: Error): string {
  const inner: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = typeof inner === 'object' && inner !== null && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code : '';
}
