import type { RepeatableCall, ResponseCodec } from './idempotency.js';

/** A call that changes something. */
export interface ChangeCall<Response> extends RepeatableCall<Response> {
  /** Answer as if it were done, and do nothing (AIP-163). */
  readonly validateOnly?: boolean;
}

/** What requests to change something have in common. */
interface ChangeRequest {
  readonly requestId: string;
  readonly validateOnly?: boolean;
}

interface RequestCodec<Request> {
  encode(request: Request): { finish(): Uint8Array };
}

/** The call of a method, which is the same call whenever everything but the request id is the same. */
export function changeCall<Request extends ChangeRequest, Response>(
  method: string,
  request: Request,
  requests: RequestCodec<Request>,
  responses: ResponseCodec<Response>,
): ChangeCall<Response> {
  const { requestId, validateOnly } = request;
  const body = requests.encode({ ...request, requestId: '' }).finish();
  return { method, requestId, validateOnly, request: body, codec: responses };
}
