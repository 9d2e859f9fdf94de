import { createHash } from 'node:crypto';
import { DomainError, invalidField } from '@resmask/errors';

/** The page fields of a list request (AIP-158). */
export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** How many rows to read, and the key of the last row of the page before, if there was one. */
export interface Page {
  readonly size: number;
  readonly after: string | undefined;
}

export interface PageLimits {
  readonly default: number;
  readonly max: number;
}

const LIST_LIMITS: PageLimits = { default: 50, max: 200 };
const WHOLE_NUMBER = /^\d+$/;

/**
 * Reads the page fields of a list request. A token holds the last key and a digest of the request's other fields, so that it
 * cannot be used with others.
 * @throws DomainError FIELD_INVALID for a negative size, PAGE_TOKEN_INVALID for a token of another request.
 */
export function readPage(
  { pageSize, pageToken }: PageRequest,
  scope: readonly string[],
  limits: PageLimits = LIST_LIMITS,
): Page {
  if (pageSize < 0)
    throw invalidField('page_size', `got ${pageSize}; allowed are 0 (meaning ${limits.default}) to ${limits.max}`);
  const size = Math.min(pageSize === 0 ? limits.default : pageSize, limits.max);
  return { size, after: pageToken === '' ? undefined : readToken(pageToken, scope) };
}

/** Like `readPage`, for lists whose keys are whole numbers from 0 to `max`: nothing in a token is secret, so it may hold anything. */
export function readNumberedPage(
  request: PageRequest,
  scope: readonly string[],
  max: number,
  limits: PageLimits = LIST_LIMITS,
): { readonly size: number; readonly after: number | undefined } {
  const { size, after } = readPage(request, scope, limits);
  if (after === undefined) return { size, after };
  if (!WHOLE_NUMBER.test(after) || Number(after) > max) throw pageTokenInvalid();
  return { size, after: Number(after) };
}

/** The rows of a page, and the token of the next one; empty on the last. */
export interface CutPage<Row> {
  readonly shown: readonly Row[];
  readonly nextPageToken: string;
}

/** Cuts a page from rows of which one more was read than it has: that one tells that another page follows. */
export function cutPage<Row>(
  rows: readonly Row[],
  size: number,
  scope: readonly string[],
  keyOf: (last: Row) => string,
): CutPage<Row> {
  const shown = rows.slice(0, size);
  const last = rows.length > size ? shown.at(-1) : undefined;
  return { shown, nextPageToken: last === undefined ? '' : nextPageToken(keyOf(last), scope) };
}

/** The token for the page after the given last key. */
export function nextPageToken(lastKey: string, scope: readonly string[]): string {
  return Buffer.from(JSON.stringify([lastKey, scopeDigest(scope)])).toString('base64url');
}

function readToken(token: string, scope: readonly string[]): string {
  try {
    const [key, digest] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [unknown, unknown];
    if (typeof key === 'string' && digest === scopeDigest(scope)) return key;
  } catch {
    // Falls through to the error: a token that is no JSON is as wrong as one of another request.
  }
  throw pageTokenInvalid();
}

/** The error for a token that does not fit the other fields of its request. */
export function pageTokenInvalid(): DomainError {
  const description = 'it is not the next_page_token of a request with the same other fields';
  return new DomainError('PAGE_TOKEN_INVALID', `page_token: ${description}; list again from the first page`, {
    violations: [{ field: 'page_token', description }],
  });
}

function scopeDigest(scope: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12);
}
