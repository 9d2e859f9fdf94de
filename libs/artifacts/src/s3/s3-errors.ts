import { S3ServiceException } from '@aws-sdk/client-s3';
import { DomainError } from '@resmask/errors';
import type { S3Settings } from './s3-settings.js';

const RETRY_AFTER_MS = 1000;
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|TimeoutError)$/;

export function s3Status(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** Whether an object, or what a condition asks for, is not there. */
export function isAbsent(error: unknown): boolean {
  const status = s3Status(error);
  return status === 404 || status === 412;
}

/**
 * What the SDK threw as something that may be logged: its errors drag the whole exchange with them, signature and session token
 * included, so only name, status and text go on.
 */
export function fromS3(error: unknown, operation: string): Error {
  if (error instanceof DomainError || !(error instanceof Error)) return error as Error;
  const status = s3Status(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (UNREACHABLE.test(code) || (status !== undefined && (status >= 500 || status === 429))) {
    return new DomainError(
      'SERVICE_UNAVAILABLE',
      `the artifact store cannot be used at the moment (${operation}: ${status ?? code}); try again`,
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }
  return new Error(`S3 ${operation} failed: ${error.name} ${status ?? ''}: ${error.message}`);
}

/** What is wrong with the settings if the bucket cannot even be looked at. */
export function fromFirstLook(error: unknown, { bucket, endpoint = 'Amazon S3' }: S3Settings): Error {
  const wrong = (text: string) => new DomainError('CONFIG_INVALID', `s3://${bucket} at ${endpoint}: ${text}`);
  if (error instanceof Error && error.name === 'CredentialsProviderError') {
    return wrong('no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the pod a role');
  }
  switch (s3Status(error)) {
    case 301:
      return wrong('the bucket lies in another region; set the region to that one');
    case 400:
    case 401:
    case 403:
      return wrong('access was refused; check the credentials, what they may do, and the region');
    case 404:
      return wrong('there is no such bucket; create it or name another');
    default:
      return fromS3(error, 'HeadBucket');
  }
}
