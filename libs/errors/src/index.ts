export { DomainError, type DomainErrorOptions, type FieldViolation, invalidField } from './domain-error.js';
export { type ErrorRecord, fromErrorRecord, isReason, toErrorRecord } from './error-record.js';
export { CODES, type Code, REASONS, type Reason } from './reasons.js';
