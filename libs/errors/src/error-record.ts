import { DomainError, type DomainErrorOptions } from './domain-error.js';
import { REASONS, type Reason } from './reasons.js';

/** A DomainError as plain data: what crosses a worker thread's boundary or is stored with a failed run. */
export interface ErrorRecord {
  readonly reason: Reason;
  readonly message: string;
  readonly options: Omit<DomainErrorOptions, 'cause'>;
}

export function toErrorRecord(error: DomainError): ErrorRecord {
  const { metadata, violations, resource, retryAfterMs } = error;
  return { reason: error.reason, message: error.message, options: { metadata, violations, resource, retryAfterMs } };
}

export function fromErrorRecord(record: ErrorRecord): DomainError {
  return new DomainError(record.reason, record.message, record.options);
}

export function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}
