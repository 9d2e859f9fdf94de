import { type ServiceError, status as StatusCode } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@resmask/contracts/google.rpc';
import type { FieldViolation } from '@resmask/errors';

const DETAILS_KEY = 'grpc-status-details-bin';

/** Why a call failed, with the service's details as data. */
export class ResmaskError extends Error {
  override readonly name = 'ResmaskError';

  constructor(
    message: string,
    /** The gRPC code, e.g. `NOT_FOUND`. */
    readonly code: keyof typeof StatusCode,
    /** The service's reason, e.g. `MODEL_NOT_FOUND`; empty if it gave none. */
    readonly reason: string,
    /** Facts such as the current etag. */
    readonly metadata: Readonly<Record<string, string>> = {},
    readonly violations: readonly FieldViolation[] = [],
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }

  /** From the status inside a frame's error answer or a failed run. */
  static fromStatus({ code, message, details }: Status): ResmaskError {
    const find = (type: string): Buffer | undefined =>
      details.find(({ typeUrl }) => typeUrl.endsWith(`/${type}`))?.value;
    const info = find('google.rpc.ErrorInfo');
    const request = find('google.rpc.BadRequest');
    const retry = find('google.rpc.RetryInfo');
    const { reason = '', metadata = {} } = info ? ErrorInfo.decode(info) : {};
    const delay = retry && RetryInfo.decode(retry).retryDelay;
    return new ResmaskError(
      message,
      StatusCode[code] as keyof typeof StatusCode,
      reason,
      metadata,
      request ? BadRequest.decode(request).fieldViolations : [],
      delay && delay.seconds * 1000 + delay.nanos / 1_000_000,
    );
  }

  /** From what grpc-js throws; anything else is given back as it is. */
  static from(error: unknown): unknown {
    if (!isServiceError(error)) return error;
    const [details] = error.metadata?.get(DETAILS_KEY) ?? [];
    const status = Buffer.isBuffer(details) ? Status.decode(details) : undefined;
    return ResmaskError.fromStatus(status ?? { code: error.code, message: error.details, details: [] });
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}
