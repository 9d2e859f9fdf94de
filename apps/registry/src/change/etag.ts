import { DomainError } from '@resmask/errors';

/** Compares the etag a client read with what is there now; an empty one means whatever it is. @throws DomainError ETAG_MISMATCH. */
export function expectEtag(
  got: string,
  current: string,
  resource: { readonly type: string; readonly name: string },
): void {
  if (got === '' || got === current) return;
  throw new DomainError(
    'ETAG_MISMATCH',
    `etag: "${got}" was sent, but the etag of ${resource.name} is "${current}" now; read it again and decide anew`,
    { metadata: { etag: current }, resource },
  );
}
