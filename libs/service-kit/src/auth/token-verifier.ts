import { type ApiToken, secretMatches } from './api-token.js';
import { invalidCredentials } from './invalid-credentials.js';
import type { Principal } from './principal.js';
import type { TokenSource } from './token-source.js';

/** Tells whom an API token belongs to. */
export class TokenVerifier {
  constructor(
    readonly source: TokenSource,
    readonly now: () => Date = () => new Date(),
  ) {}

  /** @throws DomainError CREDENTIALS_INVALID, or what the source throws. */
  async verify({ id, secret }: ApiToken): Promise<Principal> {
    const stored = await this.source.find(id);
    // One answer for both: an id alone must not be confirmed.
    if (!stored || !secretMatches(secret, stored.secretHash))
      throw invalidCredentials('the API token is not known here; ask an administrator for another one');
    if (stored.revoked)
      throw invalidCredentials(`the API token ${id} was revoked; ask an administrator for another one`);
    if (stored.expires && stored.expires <= this.now())
      throw invalidCredentials(
        `the API token ${id} expired at ${stored.expires.toISOString()}; ask an administrator for another one`,
      );
    return stored.principal;
  }
}
