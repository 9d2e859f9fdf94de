import type { Any } from '@resmask/contracts/google.protobuf/any';
import { BadRequest, ErrorInfo, ResourceInfo, RetryInfo, Status } from '@resmask/contracts/google.rpc';
import { DomainError } from '@resmask/errors';

/** The domain of ErrorInfo: reasons are unique inside it. */
export const ERROR_DOMAIN = 'resmask.dev';

/** A domain error as google.rpc.Status with ErrorInfo and, where they apply, BadRequest, ResourceInfo and RetryInfo. */
export function toStatus(error: DomainError): Status {
  const { reason, metadata, violations, resource, retryAfterMs } = error;
  const details: Any[] = [
    pack(
      'google.rpc.ErrorInfo',
      ErrorInfo.encode({ reason, domain: ERROR_DOMAIN, metadata: { ...metadata } }).finish(),
    ),
  ];
  if (violations.length > 0) {
    const fieldViolations = violations.map((violation) => ({ reason, localizedMessage: undefined, ...violation }));
    details.push(pack('google.rpc.BadRequest', BadRequest.encode({ fieldViolations }).finish()));
  }
  if (resource) {
    const info = ResourceInfo.fromPartial({ resourceType: resource.type, resourceName: resource.name });
    details.push(pack('google.rpc.ResourceInfo', ResourceInfo.encode(info).finish()));
  }
  if (retryAfterMs !== undefined) {
    const retryDelay = { seconds: Math.floor(retryAfterMs / 1000), nanos: (retryAfterMs % 1000) * 1_000_000 };
    details.push(pack('google.rpc.RetryInfo', RetryInfo.encode({ retryDelay }).finish()));
  }
  return { code: error.codeNumber, message: error.message, details };
}

function pack(type: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value) };
}
