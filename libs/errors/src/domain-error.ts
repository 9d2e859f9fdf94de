import { CODES, type Code, REASONS, type Reason } from './reasons.js';

/** One field of a request that is wrong: a dotted path, and what was got, what is allowed. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface DomainErrorOptions {
  /** Machine-readable facts for the caller, such as the current etag; they travel as google.rpc.ErrorInfo.metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Travels as google.rpc.BadRequest. */
  readonly violations?: readonly FieldViolation[];
  /** The resource the error is about; travels as google.rpc.ResourceInfo. */
  readonly resource?: { readonly type: string; readonly name: string };
  /** How long a client should wait before it tries again, in milliseconds; travels as google.rpc.RetryInfo. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * The only error that reaches a caller with its text: a reason from the closed set, a message that says what was got,
 * what is allowed and what to do, and data in fields so that nobody parses the message.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly resource?: { readonly type: string; readonly name: string };
  readonly retryAfterMs?: number;

  constructor(
    readonly reason: Reason,
    message: string,
    options: DomainErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.metadata = options.metadata ?? {};
    this.violations = options.violations ?? [];
    this.resource = options.resource;
    this.retryAfterMs = options.retryAfterMs;
  }

  get code(): Code {
    return REASONS[this.reason];
  }

  get codeNumber(): number {
    return CODES[this.code];
  }
}

/** A DomainError about one field of a request. */
export function invalidField(field: string, description: string, reason: Reason = 'FIELD_INVALID'): DomainError {
  return new DomainError(reason, `${field}: ${description}`, { violations: [{ field, description }] });
}
